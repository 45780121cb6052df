// Where the log stands for this client: what is new, what was seen, where a hole is.
//
// One cursor serves all channels and every transport. Beside it stands, by channel, up to where nothing is missing: an
// entry tells what came before it in its own channels only, so a hole in a quiet channel shows only with its next
// entry, when others have moved the cursor on long since. Then the cursor goes back to the hole; what was handed over
// behind it is known by its channel, and not handed over again. The rules are those of docs/client.md; here channels
// also come and go.

import type { Message, Missed } from "./api.js";
import type { Channel, ChannelPage, Cursor } from "./wire.js";

/** What became of an entry: handed over, or seen before, or behind a hole. */
export type Verdict = "next" | "seen" | "hole";
/** What `subscribed` and a page have in common. */
export type Answer = Pick<ChannelPage, "epoch" | "seq" | "recovered" | "skipped">;

export interface Log {
  cursor(): Cursor | null;
  /** Where to ask from, for these channels from now on. */
  ask(channels: readonly Channel[]): Cursor | null;
  entry(entry: Message): Verdict;
  /** The verdict on the cursor: what cannot be told any more, if anything. */
  answered(answer: Answer): Missed | null;
  /** Everything up to here was told. */
  told(epoch: string, seq: number): void;
}

export function createLog(start: Cursor | null): Log {
  let cursor = start;
  let whole = new Map<string, number>();

  function told(epoch: string, seq: number) {
    if (cursor?.epoch !== epoch) return;
    cursor = { epoch, seq: Math.max(cursor.seq, seq) };
    for (const [channel, before] of whole) whole.set(channel, Math.max(before, seq));
  }
  return {
    told,
    cursor: () => cursor,
    ask(channels) {
      const seq = cursor?.seq ?? 0;
      // Whoever asks from the cursor has what is before it, in all channels; a channel that joins begins there.
      whole = new Map(channels.map((channel) => [channel, Math.max(seq, whole.get(channel) ?? 0)]));
      return cursor;
    },
    entry({ epoch, seq = 0, prev = {} }) {
      if (!cursor || epoch !== cursor.epoch) return "hole";
      const at = (channel: string) => whole.get(channel) ?? 0;
      const places = (Object.keys(prev) as Channel[]).filter((channel) => whole.has(channel));
      // Of a channel that was left meanwhile, or handed over before, by whatever way it came.
      if (!places.length || places.some((channel) => at(channel) >= seq)) return "seen";
      const holes = places.filter((channel) => (prev[channel] ?? 0) > at(channel)).map(at);
      if (holes.length) {
        cursor = { epoch, seq: Math.min(cursor.seq, ...holes) };
        return "hole";
      }
      for (const channel of places) whole.set(channel, seq);
      cursor = { epoch, seq: Math.max(cursor.seq, seq) };
      return "next";
    },
    answered({ epoch, seq, recovered, skipped }) {
      const since = cursor;
      const isOther = since?.epoch !== epoch;
      if (recovered && !skipped && !isOther) {
        // Unasked, the server goes on from what it wrote last, which is the cursor.
        told(epoch, since.seq);
        return null;
      }
      const upTo = { epoch, seq: Math.min(skipped?.upTo ?? seq, seq) };
      const why = skipped?.why ?? (isOther ? "other_epoch" : "unknown");
      // A cursor of another history, or ahead of its own, is worth nothing; any other one only moves forward.
      if (isOther || why === "ahead") {
        cursor = upTo;
        for (const channel of whole.keys()) whole.set(channel, 0);
      }
      told(epoch, upTo.seq);
      return since && { since, upTo, why, message: skipped?.message ?? why };
    },
  };
}
