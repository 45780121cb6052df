// Backup runs as a person needs them: which need somebody, which are under way, what each is doing now.

import type { BackupProgress, BackupRun, Held } from "@kilat/client";
import type { Sentence as AnySentence } from "../../words/words.js";
import type { en } from "./words.en.js";

export type Sentence = AnySentence<keyof typeof en>;

export interface Runs {
  /** Failed, and nothing was begun since that would mend it. Newest first, like the others. */
  readonly failed: readonly BackupRun[];
  readonly underWay: readonly BackupRun[];
  /** The one that ended last first. */
  readonly ended: readonly BackupRun[];
}

export function hasEnded({ phase }: Pick<BackupRun, "phase">): boolean {
  return phase === "completed" || phase === "failed" || phase === "cancelled";
}

/** Each run in one of three places. */
export function sorted(runs: readonly BackupRun[]): Runs {
  const newestFirst = [...runs].sort((a, b) => Date.parse(b.startTime) - Date.parse(a.startTime));
  const followed = new Set<string>();
  const found = { failed: [] as BackupRun[], underWay: [] as BackupRun[], ended: [] as BackupRun[] };
  for (const run of newestFirst) {
    const what = JSON.stringify([run.eventId, run.destination, run.kind]);
    if (!hasEnded(run)) found.underWay.push(run);
    else if (run.phase === "failed" && !followed.has(what)) found.failed.push(run);
    else found.ended.push(run);
    // Somebody cancelled it, so a failure before it is no news either.
    followed.add(what);
    // A copy brings anew what was found gone or damaged before it.
    if (run.phase === "completed") followed.add(JSON.stringify([run.eventId, run.destination, "verify"]));
  }
  found.ended.sort((a, b) => endOf(b) - endOf(a));
  return found;
}

function endOf({ endTime, startTime }: BackupRun): number {
  return Date.parse(endTime ?? startTime);
}

/** A run with the newest of its numbers: they come more often than the list. */
export function withProgress(run: BackupRun, listedAtMs: number, progress: readonly Held<BackupProgress>[]): BackupRun {
  const held = progress.find(({ value }) => value.backupId === run.backupId);
  if (!held || hasEnded(run) || held.asOfMs < listedAtMs) return run;
  const { processedBytes, processedPhotos, successfulUploads, failedUploads, totalBytes, totalPhotos, phase } =
    held.value;
  return {
    ...withoutPace(run),
    // How it ended is told by the list, with its reason.
    phase: hasEnded({ phase }) ? run.phase : phase,
    processedBytes,
    processedPhotos,
    successfulUploads,
    failedUploads,
    totalBytes,
    totalPhotos,
    ...optional(held.value),
  };
}

/** What nobody measures now must not stand there from before. */
function withoutPace(run: BackupRun): BackupRun {
  const rest = { ...run };
  delete rest.bytesPerSecond;
  delete rest.etaMs;
  delete rest.currentFiles;
  return rest;
}

function optional({ bytesPerSecond, etaMs, currentFiles }: BackupProgress): Partial<BackupRun> {
  return {
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    ...(etaMs === undefined ? {} : { etaMs }),
    ...(currentFiles === undefined ? {} : { currentFiles }),
  };
}

/** What it is doing, in a few words. */
export function doing(run: Pick<BackupRun, "phase" | "kind" | "failedUploads">): Sentence {
  const { phase, kind, failedUploads } = run;
  if (phase === "completed") return { key: kind === "verify" ? "phase.verified" : "phase.completed" };
  if (phase === "failed")
    return failedUploads > 0 ? { key: "phase.failedSome", values: { n: failedUploads } } : { key: "phase.failed" };
  return { key: `phase.${phase}` };
}

/** Percent of the bytes; of the photos where no byte is counted. */
export function percent({ processedBytes, totalBytes, processedPhotos, totalPhotos }: BackupRun): number {
  if (totalBytes > 0) return (processedBytes / totalBytes) * 100;
  return totalPhotos > 0 ? (processedPhotos / totalPhotos) * 100 : 0;
}

/** The command that brings an event back, as a POSIX shell reads it. */
export function restoreCommand(event: string, from: string, to: string): string {
  return `kilat restore ${quoted(event)} --from ${quoted(from)} --to ${quoted(to)}`;
}

function quoted(word: string): string {
  // A leading ~/ is the shell's to read, a leading dash no option's.
  const home = word.startsWith("~/") ? "~/" : "";
  const rest = word.slice(home.length);
  if (/^[A-Za-z0-9_./:@%+=,][A-Za-z0-9_./:@%+=,-]*$/.test(rest)) return home + rest;
  return `${home}'${rest.replaceAll("'", `'\\''`)}'`;
}
