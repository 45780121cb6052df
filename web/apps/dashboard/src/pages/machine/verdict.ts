// One sentence about the machine: is it well?

import type { MachineAlert, MachineMetrics } from "@kilat/client";
import type { Sentence } from "../../words/words.js";
import type { en } from "./words.en.js";

/** Hours within which a disk that fills is worth a sentence, before it is an alarm. */
const SOON_HOURS = 12;

/** From there on a green sentence beside the gauge would look like a lie, though it is no alarm yet. */
const BUSY_PERCENT = 90;

export interface MachineVerdict {
  readonly kind: "safe" | "busy" | "trouble" | "stale";
  readonly title: Sentence<keyof typeof en>;
  /** What the server says of each alarm; in its own words. */
  readonly notes: readonly string[];
}

export function machineVerdict(metrics: MachineMetrics, alerts: readonly MachineAlert[]): MachineVerdict {
  if (metrics.measuredAt === null) return { kind: "stale", title: { key: "verdict.unknown" }, notes: [] };
  if (alerts.length > 0) {
    const title = { key: "verdict.alarm", values: { n: alerts.length } } as const;
    return { kind: "trouble", title, notes: alerts.map(({ message }) => message) };
  }
  const filling = metrics.storage
    .filter((disk) => disk.usedFor.length > 0 && disk.hoursUntilFull !== null && disk.hoursUntilFull < SOON_HOURS)
    .sort((a, b) => (a.hoursUntilFull ?? 0) - (b.hoursUntilFull ?? 0))[0];
  if (filling) {
    const values = { place: filling.mount, hours: filling.hoursUntilFull ?? 0 };
    return { kind: "busy", title: { key: "verdict.fill", values }, notes: [] };
  }
  const hardest = Math.max(metrics.cpu?.usage ?? 0, metrics.memory?.usage ?? 0);
  if (hardest >= BUSY_PERCENT) return { kind: "busy", title: { key: "verdict.busy" }, notes: [] };
  return { kind: "safe", title: { key: "verdict.fine" }, notes: [] };
}
