// Where the log stands for this client: what is new, what was seen, where a hole is.
//
// One cursor serves all channels and every transport. Beside it stands, by channel, up to where nothing is missing: an
// entry tells what came before it in its own channels only, so a hole in a quiet channel shows only with its next
// entry, when others have moved the cursor on long since. The rules are those of the Rust client (docs/client.md);
// here channels also come and go.

import type { Missed } from "./api.js";
import type { Channel, ChannelPage, Cursor, Envelope } from "./wire.js";

/** An entry: handed over, or seen before, or behind a hole. */
export type Verdict = "next" | "seen" | "hole";
/** What `subscribed` and a page have in common. */
export type Answer = Pick<ChannelPage, "epoch" | "seq" | "recovered" | "skipped">;

export interface Log {
  cursor(): Cursor | null;
  /** Where to ask from, for these channels from now on. */
  ask(channels: readonly Channel[]): Cursor | null;
  /** What the last question asked for did not come: it is asked again from the same place. */
  brokeOff(): void;
  entry(entry: Pick<Envelope, "epoch" | "seq" | "prev">): Verdict;
  /** The verdict on the cursor: what cannot be told any more, if anything. */
  answered(answer: Answer): Missed | null;
  /** Everything up to here was told. */
  told(epoch: string, seq: number): void;
}

export function createLog(start: Cursor | null): Log {
  let cursor = start;
  let whole: Partial<Record<Channel, number>> = {};
  let asked = start?.seq ?? 0;
  let hole: number | null = null;

  const each = (change: (before: number, channel: Channel) => number) => {
    for (const channel of Object.keys(whole) as Channel[]) whole[channel] = change(whole[channel] ?? 0, channel);
  };
  const anew = (next: Cursor) => {
    cursor = next;
    asked = next.seq;
    hole = null;
    each(() => next.seq);
  };
  const told = (epoch: string, seq: number) => {
    if (cursor?.epoch !== epoch) return;
    cursor = { epoch, seq: Math.max(cursor.seq, seq) };
    each((before) => Math.max(before, seq));
    hole = null;
  };
  return {
    told,
    cursor: () => cursor,
    ask(channels) {
      const before = whole;
      asked = Math.min(hole ?? Infinity, cursor?.seq ?? 0);
      whole = {};
      // Whoever asks from the cursor has what is before it, in all channels; a channel that joins begins there.
      for (const channel of channels) whole[channel] = Math.max(asked, before[channel] ?? 0);
      return cursor && { epoch: cursor.epoch, seq: asked };
    },
    brokeOff() {
      hole = Math.min(hole ?? Infinity, asked);
    },
    entry({ epoch, seq = 0, prev = {} }) {
      if (!cursor || epoch !== cursor.epoch) return "hole";
      const places = (Object.keys(prev) as Channel[]).filter((channel) => channel in whole);
      // Of a channel that was left meanwhile, or handed over before, by whatever way it came.
      if (!places.length || places.some((channel) => (whole[channel] ?? 0) >= seq)) return "seen";
      const holes = places.filter((channel) => (prev[channel] ?? 0) > (whole[channel] ?? 0));
      if (holes.length) {
        hole = Math.min(hole ?? Infinity, ...holes.map((channel) => whole[channel] ?? 0));
        return "hole";
      }
      for (const channel of places) whole[channel] = seq;
      cursor = { epoch, seq: Math.max(cursor.seq, seq) };
      return "next";
    },
    answered({ epoch, seq, recovered, skipped }) {
      if (!cursor) {
        anew({ epoch, seq });
        return null;
      }
      const isOther = cursor.epoch !== epoch;
      if (recovered && !skipped && !isOther) {
        // Unasked, the server goes on from what it wrote last, which is the cursor.
        if (hole === null) {
          asked = cursor.seq;
          each((before) => Math.max(before, asked));
        }
        return null;
      }
      const since = cursor;
      const upTo = { epoch, seq: Math.min(skipped?.upTo ?? seq, seq) };
      const why = skipped?.why ?? (isOther ? "other_epoch" : "unknown");
      // A cursor ahead of its history is worth nothing; any other one only moves forward.
      if (isOther || why === "ahead") anew(upTo);
      else told(epoch, upTo.seq);
      return { since, upTo, why, message: skipped?.message ?? why };
    },
  };
}
