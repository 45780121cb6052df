// What is known, and who is told of it.
//
// Messages are gathered and told together, ten times a second at most while they keep coming, sooner when they were few,
// and at once for an alert: of a state's values only the last one, of the log every entry, in order. Snapshots are frozen;
// what did not change stays the same object.

import type { Held, Listener, Message, Missed, Snapshot } from "./api.js";
import type { Clock } from "./clock.js";
import { BURST_MS, FLUSH_MS, GATHER_MS, MAX_PENDING } from "./patience.js";
import type { Notification } from "./wire.js";

/** What is kept of each type: the last one, or so many, one a key. */
const MOST = {
  now: 1,
  dslr_status: 1,
  backup_status: 1,
  restore_status: 1,
  system_status: 1,
  camera_status: 64,
  upload_progress: 200,
  backup_progress: 50,
  notification: 100,
};

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

type Kept = keyof typeof MOST;
type Items = readonly Held<unknown>[];
const NONE: Items = [];

export function createStore(clock: Clock, applied: () => void): Store {
  const listeners = new Map<string, Set<Listener>>();
  const heardBy = (type: string) => listeners.get(type) ?? new Set();
  let snapshot: Record<string, unknown> = { missed: null };
  /** What listeners will be told: of a state by its key, so that a later value takes its place. */
  let pending = new Map<unknown, [type: string, payload: unknown, message: Message | undefined]>();
  const soon = clock.timer();
  /** From when on the next flush is in time: one every `FLUSH_MS`, but for those that were saved up. */
  let dueMs = 0;
  let isClosed = false;
  for (const [type, most] of Object.entries(MOST)) snapshot[type] = most > 1 ? NONE : null;

  /** Keeps what a message says, unless something later is known already. */
  function keep(message: Message) {
    const { type, payload, seq = 0, channel, maxAgeMs = null, timestamp, asOf = timestamp, prev } = message;
    const most = MOST[type as Kept];
    // Nothing of a type that is not kept, whatever its name.
    if (!(most > 0)) return;
    const key = keyOf(message);
    const asOfMs = Date.parse(asOf);
    const held = { value: payload, key, channel, seq, asOfMs, maxAgeMs, bornMs: clock.mono() - clock.ageMs(asOf) };
    let next: unknown = held;
    if (most > 1) {
      const items = snapshot[type] as Items;
      const known = items.find((item) => item.key === key);
      // An entry that a state counted in already, told late because it was missed, is no news.
      if (known && seq < known.seq + (prev ? 1 : 0)) return;
      next = [held, ...items.filter((item) => item !== known)].slice(0, most);
    }
    snapshot = { ...snapshot, [type]: next };
  }

  function forget(missed: Missed) {
    snapshot = { ...snapshot, missed };
    // Of another history: nothing there can be compared with what was kept.
    if (/other|ahead/.test(missed.why))
      for (const type in snapshot) if (Array.isArray(snapshot[type])) snapshot[type] = NONE;
  }

  function call(type: string, payload?: unknown, message?: Message) {
    const own = heardBy(type);
    for (const listener of [...own]) {
      try {
        // One that an earlier one took away is not called any more.
        if (!isClosed && own.has(listener)) listener(payload, message);
      } catch (error) {
        // A listener's own failure must not stop the others.
        console.error(error);
      }
    }
  }

  function flush() {
    for (const [type, payload, message] of pending.values()) {
      if (message) keep(message);
      else if (type === "@missed") forget(payload as Missed);
    }
    // What follows from it belongs to the same flush.
    applied();
    soon();
    dueMs = Math.max(dueMs, clock.mono() - BURST_MS) + FLUSH_MS;
    const batch = pending;
    pending = new Map();
    for (const [type, payload, message] of batch.values()) {
      call(type, payload, message);
      if (message) call("*", payload, message);
    }
    call("");
  }

  function add(key: unknown, type: string, payload: unknown, message?: Message) {
    if (isClosed) return;
    // The last word is told at its own place.
    pending.delete(key);
    pending.set(key, [type, payload, message]);
    if (!soon.waits()) soon(Math.max(GATHER_MS, dueMs - clock.mono()), flush);
  }

  return {
    getSnapshot: () => freeze(snapshot) as unknown as Snapshot,
    put(message) {
      const { type, payload, prev } = freeze(message);
      const key = keyOf(message);
      // An entry takes the place of the state before it, and nothing takes its own.
      if (prev) pending.delete(key);
      add(prev ? message : key, type, payload, message);
      if (/high|critical/.test((payload as Notification).priority) || pending.size > MAX_PENDING) flush();
    },
    // Each is told: none takes the place of another.
    tell: (type, payload) => add(payload, type, freeze(payload)),
    on(type, listener) {
      const own = heardBy(type);
      listeners.set(type, own.add(listener));
      return () => void own.delete(listener);
    },
    off: (type, listener) => void heardBy(type).delete(listener),
    close() {
      isClosed = true;
      soon();
    },
  };
}

/** What tells one value from others of its type. */
function keyOf({ type, payload }: Message): string {
  const { photoId, fileName, destination, backupId, cameraModel, id } = payload as Record<string, unknown>;
  // A file has no photo yet when it is announced.
  return JSON.stringify([type, photoId ?? fileName, destination, backupId, cameraModel, id]);
}

/** All the way down: nobody who is handed a value may change it for others. */
export function freeze<T>(value: T): T {
  if (Object(value) === value && !Object.isFrozen(value)) Object.values(Object.freeze(value) as object).forEach(freeze);
  return value;
}
