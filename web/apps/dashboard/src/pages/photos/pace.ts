// Photos a minute, worked out from the photos that were read: no more is asked for, and what was not read is not guessed.

import type { PhotoView } from "@kilat/client";

const MINUTE_MS = 60_000;
/** As far back as it looks. */
export const SPAN_MINUTES = 60;

export interface Minute {
  readonly atMs: number;
  readonly photos: number;
}

export interface Pace {
  /** Whole minutes, oldest first; the one that is under way is the last. */
  readonly minutes: readonly Minute[];
  readonly most: number;
  readonly all: number;
  /** Whether they reach as far back as it looks; else only what was read is told. */
  readonly isWhole: boolean;
}

/** Null while there is nothing to draw: fewer than two photos arrived in that time. */
export function paceOf(photos: readonly PhotoView[], isAllRead: boolean, nowMs: number): Pace | null {
  const lastMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const startMs = lastMs - (SPAN_MINUTES - 1) * MINUTE_MS;
  const arrivals = photos.map(({ filedAt }) => Date.parse(filedAt)).filter(Number.isFinite);
  const oldestMs = arrivals.reduce((least, atMs) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
  const isWhole = isAllRead || oldestMs <= startMs;
  // Of the minute of the oldest one that was read, others may be missing.
  const fromMs = isWhole ? startMs : Math.floor(oldestMs / MINUTE_MS + 1) * MINUTE_MS;
  const length = Math.round((lastMs - fromMs) / MINUTE_MS) + 1;
  if (length < 2) return null;
  const counts = new Array<number>(length).fill(0);
  let all = 0;
  for (const atMs of arrivals) {
    // One that a clock puts ahead came now.
    const place = Math.min(length - 1, Math.floor((atMs - fromMs) / MINUTE_MS));
    if (place < 0) continue;
    counts[place] = (counts[place] ?? 0) + 1;
    all += 1;
  }
  if (all < 2) return null;
  const minutes = counts.map((photos, place) => ({ atMs: fromMs + place * MINUTE_MS, photos }));
  return { minutes, most: Math.max(...counts), all, isWhole };
}

/** For a table: the minutes in which something came, newest first, at most so many. */
export function busiest(minutes: readonly Minute[], most: number): Minute[] {
  return minutes
    .filter(({ photos }) => photos > 0)
    .slice(-most)
    .reverse();
}
