// Whether a new event can be asked for. The server decides; this only spares a refusal.

/** Longest name, in characters as people count them. */
const MAX_NAME = 120;

export type BadEvent = "name" | "date" | null;

export function badEvent(name: string, date: string): BadEvent {
  const length = [...name.trim()].length;
  if (length === 0 || length > MAX_NAME || /\p{Cc}/u.test(name)) return "name";
  if (date !== "" && !isDay(date)) return "date";
  return null;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** Today where the viewer is, `YYYY-MM-DD`. */
export function today(now: Date): string {
  const two = (n: number) => `${n}`.padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
