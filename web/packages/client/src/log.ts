// Where the log stands for this client: what is new, what was seen, where a hole is.
//
// One cursor serves all channels and every transport. Beside it stands, by channel, up to where nothing is missing: an
// entry tells what came before it in its own channels only, so a hole in a quiet channel shows only with its next
// entry, when others have moved the cursor on long since. Then the cursor goes back to the hole; what was handed over
// behind it is known by its channel, and not handed over again. The rules are those of docs/client.md; here channels
// also come and go.

import type { Message, Missed } from "./api.js";
import type { Channel, ChannelPage, Cursor } from "./wire.js";

/** What `subscribed` and a page have in common. */
export type Answer = Pick<ChannelPage, "epoch" | "seq" | "recovered" | "skipped">;

/** Who is handed what is new. */
export interface Reader {
  put(entry: Message): void;
  tell(type: "@missed", missed: Missed): void;
}

export interface Log {
  cursor(): Cursor | null;
  /** Where to ask from, for these channels from now on. */
  ask(channels: readonly Channel[]): Cursor | null;
  /** Hands an entry over, unless it was seen before; false when there is a hole before it. */
  entry(entry: Message): boolean;
  /** The verdict on the cursor: what cannot be told any more, if anything, is told. */
  answered(answer: Answer): void;
  /** Everything up to here was told: of the answer, or of the entry, that was handed in last. */
  told(seq: number): void;
}

export function createLog(start: Cursor | null, reader: Reader): Log {
  let cursor = start;
  let whole = new Map<Channel, number>();

  function told(seq: number) {
    if (cursor) cursor = { ...cursor, seq: Math.max(cursor.seq, seq) };
    for (const [channel, at] of whole) whole.set(channel, Math.max(at, seq));
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
    entry(message) {
      const { epoch, seq, prev } = message as Required<Message>;
      if (!cursor || epoch !== cursor.epoch) return false;
      const places = [...whole].filter(([channel]) => channel in prev);
      // Of a channel that was left meanwhile, or handed over before, by whatever way it came.
      if (!places.length || places.some(([, at]) => at >= seq)) return true;
      const holes = places.filter(([channel, at]) => (prev[channel] ?? 0) > at);
      if (holes.length) {
        cursor = { epoch, seq: Math.min(cursor.seq, ...holes.map(([, at]) => at)) };
        return false;
      }
      for (const [channel] of places) whole.set(channel, seq);
      cursor = { ...cursor, seq: Math.max(cursor.seq, seq) };
      reader.put(message);
      return true;
    },
    answered({ epoch, seq, recovered, skipped }) {
      const since = cursor;
      const isOther = since?.epoch !== epoch;
      // Unasked, the server goes on from what it wrote last, which is the cursor.
      if (recovered && !skipped && !isOther) return told(since.seq);
      const upTo = { epoch, seq: Math.min(skipped?.upTo ?? seq, seq) };
      const why = skipped?.why ?? (isOther ? "other_epoch" : "unknown");
      // A cursor of another history, or ahead of its own, is worth nothing; any other one only moves forward.
      if (isOther || why === "ahead") {
        cursor = upTo;
        for (const channel of whole.keys()) whole.set(channel, 0);
      }
      told(upTo.seq);
      if (since) reader.tell("@missed", { since, upTo, why, message: skipped?.message ?? why });
    },
  };
}
