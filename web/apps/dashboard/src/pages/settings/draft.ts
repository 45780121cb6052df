// What somebody typed and did not save: kept while the dashboard is open, whatever page is looked at in between, and
// compared with what the server says now, so that nobody's change is overwritten in silence.

import type { SetSystemSettings, SystemSettingsAnswer } from "@kilat/client";

export interface Values {
  readonly useRealtime: boolean;
  /** As typed. */
  readonly everySeconds: string;
  readonly enableNotifications: boolean;
  readonly cpu: string;
  readonly memory: string;
  readonly storage: string;
}

export type Name = keyof Values;
export const NUMBERS = { everySeconds: [1, 3_600], cpu: [1, 100], memory: [1, 100], storage: [1, 100] } as const;

export function valuesOf(settings: SystemSettingsAnswer): Values {
  const { useRealtime, pollingInterval, enableNotifications, alertThresholds } = settings;
  return {
    useRealtime,
    everySeconds: `${pollingInterval / 1_000}`,
    enableNotifications,
    cpu: `${alertThresholds.cpu}`,
    memory: `${alertThresholds.memory}`,
    storage: `${alertThresholds.storage}`,
  };
}

/** The fields that differ from what they were when somebody began to type. */
export function changed(draft: Values, base: Values): Name[] {
  return (Object.keys(base) as Name[]).filter((name) => draft[name] !== base[name]);
}

/** Of what was typed, the fields that cannot be sent. */
export function wrong(draft: Values): (keyof typeof NUMBERS)[] {
  return (Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).filter((name) => {
    const [least, most] = NUMBERS[name];
    const text = draft[name].trim().replace(",", ".");
    const value = Number(text);
    return text === "" || !Number.isFinite(value) || value < least || value > most;
  });
}

/** What is sent: only what was changed. */
export function patch(draft: Values, base: Values): SetSystemSettings {
  const number = (name: keyof typeof NUMBERS) => Number(draft[name].trim().replace(",", "."));
  const names = new Set(changed(draft, base));
  const limits = (["cpu", "memory", "storage"] as const).filter((name) => names.has(name));
  return {
    ...(names.has("useRealtime") ? { useRealtime: draft.useRealtime } : {}),
    ...(names.has("everySeconds") ? { pollingInterval: Math.round(number("everySeconds") * 1_000) } : {}),
    ...(names.has("enableNotifications") ? { enableNotifications: draft.enableNotifications } : {}),
    ...(limits.length > 0 ? { alertThresholds: Object.fromEntries(limits.map((name) => [name, number(name)])) } : {}),
  };
}

/**
 * What was typed, over what the server says now: a field that nobody touched here is the server's newest. `clash` names
 * those that were changed here and elsewhere.
 */
export function rebased({ draft, base }: Kept, server: Values): Kept & { readonly clash: readonly Name[] } {
  const own = changed(draft, base);
  const of = (values: Values) => Object.fromEntries(own.map((name) => [name, values[name]]));
  return {
    draft: { ...server, ...of(draft) },
    base: { ...server, ...of(base) },
    clash: own.filter((name) => server[name] !== base[name] && server[name] !== draft[name]),
  };
}

export interface Kept {
  readonly draft: Values;
  /** What the server said when it began. */
  readonly base: Values;
}

let kept: Kept | null = null;

/** What was typed before this page was left. */
export function keptDraft(): Kept | null {
  return kept;
}

/** Keeps it, or nothing; while there is something, the tab asks before it is closed. */
export function keepDraft(next: Kept | null): void {
  if (next && !kept) addEventListener("beforeunload", askFirst);
  if (!next && kept) removeEventListener("beforeunload", askFirst);
  kept = next;
}

function askFirst(event: BeforeUnloadEvent) {
  event.preventDefault();
}
