// Restores as a person needs them: what one is doing, how far it is, what was typed.

import type { RestoreRun } from "@kilat/client";
import type { Sentence } from "./runs.js";

export function isOver({ phase }: Pick<RestoreRun, "phase">): boolean {
  return phase !== "reading" && phase !== "copying" && phase !== "cancelling";
}

/** Files that stand there and were compared; null when nobody was left to count them. */
export function standing({ restoredPhotos, wasThere }: RestoreRun): number | null {
  return restoredPhotos === undefined || wasThere === undefined ? null : restoredPhotos + wasThere;
}

/** What it is doing, or what became of it. */
export function course(restore: RestoreRun): Sentence {
  const { phase, totalPhotos, failedPhotos = 0 } = restore;
  const n = standing(restore) ?? 0;
  if (phase === "completed") return { key: "back.completed", values: { n } };
  if (phase === "incomplete") return { key: "back.incomplete", values: { n, all: totalPhotos, failed: failedPhotos } };
  return { key: `back.${phase}` };
}

/** Percent of the bytes. */
export function done({ processedBytes, totalBytes }: RestoreRun): number {
  return totalBytes > 0 ? (processedBytes / totalBytes) * 100 : 0;
}

export function look({ phase }: Pick<RestoreRun, "phase">): {
  icon: "check" | "octagon" | "close" | "clock";
  tone: "safe" | "plain" | "trouble" | "busy";
} {
  if (phase === "completed") return { icon: "check", tone: "safe" };
  if (phase === "cancelled") return { icon: "close", tone: "plain" };
  if (phase === "incomplete" || phase === "failed" || phase === "interrupted")
    return { icon: "octagon", tone: "trouble" };
  return { icon: "clock", tone: "busy" };
}

/** What was typed as names of photos: one a line, or with commas between; each once. */
export function namesIn(text: string): string[] {
  const names = text.split(/[\n,;]/).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ""))];
}

/** What was asked for, with what was told of it since; the folder is told to nobody. */
export function withTold(asked: RestoreRun, told: RestoreRun | undefined): RestoreRun {
  if (told?.restoreId !== asked.restoreId || Date.parse(told.asOf) < Date.parse(asked.asOf)) return asked;
  const failures = asked.failures && told.endTime === asked.endTime ? asked.failures : told.failures;
  return { ...told, ...(asked.folder && { folder: asked.folder }), ...(failures && { failures }) };
}
