// What is known, and who is told of it.
//
// Messages are gathered and told together, at most ten times a second, and at once for an alert: of a state's values
// only the last one, of the log every entry, in order. Snapshots are frozen; what did not change stays the same object.

import type { Held, Listener, Message, Missed, Snapshot } from "./api.js";
import type { Clock } from "./clock.js";
import type { Environment } from "./env.js";
import { FLUSH_MS, MAX_PENDING } from "./patience.js";

/** What is kept of each type: the last one, or so many, one a key. */
const MOST = new Map([
  ["now", 1],
  ["dslr_status", 1],
  ["backup_status", 1],
  ["system_status", 1],
  ["camera_status", 64],
  ["upload_progress", 200],
  ["backup_progress", 50],
  ["notification", 100],
]);

export interface Store {
  getSnapshot(): Snapshot;
  /** Takes a message in: an entry of the log, or the value of a state. */
  put(message: Message): void;
  /** Tells something of the client's own. */
  tell(type: "@missed" | "@status", payload: object): void;
  on(type: string, listener: Listener): () => void;
  off(type: string, listener: Listener): void;
  close(): void;
}

type Items = readonly Held<unknown>[];
const NONE: Items = Object.freeze([]);

export function createStore({ mono }: Environment, clock: Clock, applied: () => void): Store {
  const listeners = new Map<string, Set<Listener>>();
  let snapshot: Record<string, unknown> = { missed: null };
  let pending: { key: unknown; type: string; payload: unknown; message?: Message }[] = [];
  const soon = clock.timer();
  let flushedAt = -Infinity;
  let isClosed = false;
  for (const [type, most] of MOST) snapshot[type] = most > 1 ? NONE : null;

  /** Keeps what a message says, unless something later is known already. */
  function keep(key: string, { type, payload, seq = 0, channel, maxAgeMs, timestamp, asOf, prev }: Message) {
    const most = MOST.get(type);
    if (!most) return;
    const asOfMs = Date.parse(asOf ?? timestamp);
    const bornMs = clock.born(asOfMs);
    const held = { value: payload, key, channel, seq, asOfMs, maxAgeMs: maxAgeMs ?? null, bornMs } as Held<unknown>;
    let next: unknown = Object.freeze(held);
    if (most > 1) {
      const items = snapshot[type] as Items;
      const known = items.find((item) => item.key === key);
      // An entry that a state counted in already, told late because it was missed, is no news.
      if (known && seq < known.seq + (prev ? 1 : 0)) return;
      next = Object.freeze([held, ...items.filter((item) => item !== known)].slice(0, most));
    }
    snapshot = { ...snapshot, [type]: next };
  }

  function call(type: string, payload?: unknown, message?: Message) {
    const own = listeners.get(type);
    for (const listener of [...(own ?? [])]) {
      try {
        // One that an earlier one took away is not called any more.
        if (!isClosed && own?.has(listener)) listener(payload, message);
      } catch (error) {
        // A listener's own failure must not stop the others.
        console.error(error);
      }
    }
  }

  function flush() {
    for (const { key, type, payload, message } of pending) {
      if (message) keep(key as string, message);
      if (type !== "@missed") continue;
      // Of another history: nothing there can be compared with what was kept.
      snapshot = { ...snapshot, missed: payload };
      if (/other|ahead/.test((payload as Missed).why))
        for (const [type, most] of MOST) if (most > 1) snapshot[type] = NONE;
    }
    // What follows from it belongs to the same flush.
    applied();
    soon();
    flushedAt = mono();
    const batch = pending;
    pending = [];
    const last = new Map(batch.map((item) => [item.key, item]));
    for (const item of batch) {
      const { key, type, payload, message } = item;
      if (!message?.prev && last.get(key) !== item) continue;
      call(type, payload, message);
      if (message) call("*", payload, message);
    }
    call("");
  }

  function add(item: (typeof pending)[0]) {
    if (isClosed) return;
    pending.push(item);
    if (!soon.waits()) soon(flushedAt + FLUSH_MS - mono(), flush);
  }

  return {
    getSnapshot: () => Object.freeze(snapshot) as unknown as Snapshot,
    put(message) {
      const { type, payload } = freeze(message);
      add({ key: keyOf(type, payload), type, payload, message });
      const { priority } = payload as { priority?: string };
      if (/high|critical/.test(priority ?? "") || pending.length > MAX_PENDING) flush();
    },
    // Each is told: none takes the place of another.
    tell: (type, payload) => add({ key: payload, type, payload: freeze(payload) }),
    on(type, listener) {
      const own = listeners.get(type) ?? new Set();
      listeners.set(type, own.add(listener));
      return () => void own.delete(listener);
    },
    off: (type, listener) => void listeners.get(type)?.delete(listener),
    close() {
      isClosed = true;
      soon();
    },
  };
}

/** What tells one value from others of its type. */
function keyOf(type: string, payload: unknown): string {
  const { photoId, fileName, destination, backupId, cameraModel, id } = payload as Record<string, unknown>;
  // A file has no photo yet when it is announced.
  return JSON.stringify([type, photoId ?? fileName, destination, backupId, cameraModel, id]);
}

/** All the way down: nobody who is handed a value may change it for others. */
function freeze<T>(value: T): T {
  if (Object(value) === value && !Object.isFrozen(value)) Object.values(Object.freeze(value) as object).forEach(freeze);
  return value;
}
