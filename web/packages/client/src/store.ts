// What is known, and who is told of it.
//
// Messages are gathered and told together, at most ten times a second, and at once for an alert: of a state's values
// only the last one, of the log every entry, in order. Snapshots are frozen; what did not change stays the same object.

import type { Held, Listener, Message, Missed, Snapshot } from "./api.js";
import type { Clock } from "./clock.js";
import type { Environment } from "./env.js";
import { MAX_PENDING } from "./patience.js";
import type { Channel } from "./wire.js";

/** Lists of the snapshot: what names an item, and how many are kept. */
const LISTS = {
  camera_status: [["cameraModel"], 64],
  upload_progress: [["photoId", "destination"], 200],
  backup_progress: [["backupId"], 50],
  notification: [["id"], 100],
} as const satisfies Record<string, readonly [readonly string[], number]>;
type ListName = keyof typeof LISTS;
const SINGLES = ["now", "dslr_status", "backup_status", "system_status"];

interface Pending {
  type: string;
  payload: unknown;
  message?: Message;
}

export interface Store {
  getSnapshot(): Snapshot;
  /** Takes a message in; `isEntry` for one of the log. */
  put(message: Message, isEntry: boolean): void;
  missed(missed: Missed): void;
  /** States of these types were confirmed without being sent again: they were so at this moment of the monotonic clock. */
  confirm(types: ReadonlySet<string>, mono: number): void;
  /** Something beside the snapshot changed: those that watch are told with the next flush. */
  touch(type: string, payload: unknown): void;
  flush(): void;
  on(type: string, listener: Listener): () => void;
  off(type: string, listener: Listener): void;
  watch(listener: () => void): () => void;
  close(): void;
}

export function createStore(env: Environment, clock: Clock, flushMs: number, applied: () => void): Store {
  const listeners = new Map<string, Set<Listener>>();
  const watchers = new Set<() => void>();
  const lists = new Map(Object.keys(LISTS).map((name) => [name, new Map<string, Held<unknown>>()]));
  let snapshot = Object.freeze({
    now: null,
    dslr_status: null,
    backup_status: null,
    system_status: null,
    camera_status: Object.freeze([]),
    upload_progress: Object.freeze([]),
    backup_progress: Object.freeze([]),
    notification: Object.freeze([]),
    missed: null,
  }) as Snapshot;
  let pending: Pending[] = [];
  let places = new Map<string, number>();
  let flushedAt = -Infinity;
  let isClosed = false;

  /** Keeps what a message says, unless something later is known already. */
  function keep(message: Message, isEntry: boolean, changes: Record<string, unknown>) {
    const { type, payload, seq = 0, channel, maxAgeMs, timestamp } = message;
    const asOfMs = Date.parse(message.asOf ?? timestamp);
    const held = Object.freeze({
      value: payload,
      channel: channel as Channel,
      seq,
      asOfMs,
      maxAgeMs: isEntry ? null : (maxAgeMs ?? null),
      bornMs: clock.born(asOfMs),
    });
    if (SINGLES.includes(type)) {
      changes[type] = held;
      return;
    }
    const list = lists.get(type);
    if (!list || typeof payload !== "object" || !payload) return;
    const [parts, most] = LISTS[type as ListName];
    const value = payload as Record<string, unknown>;
    // A file has no photo yet when it is announced.
    const key = JSON.stringify(
      parts.map((part) => value[part] ?? (part === "photoId" && (value["fileName"] ?? false))),
    );
    const known = list.get(key);
    // An entry that a state counted in already, told late because it was missed, is no news.
    if (known && (seq < known.seq || (isEntry && seq === known.seq))) return;
    // What announced the file is followed by what becomes of its copies.
    if (value["destination"]) list.delete(JSON.stringify([value["fileName"], false]));
    list.delete(key);
    list.set(key, held);
    if (list.size > most) list.delete(list.keys().next().value as string);
    changes[type] = list;
  }

  function apply(batch: Pending[]) {
    const changes: Record<string, unknown> = {};
    for (const { type, payload, message } of batch) {
      if (message) keep(message, "prev" in message, changes);
      if (type !== "@missed") continue;
      changes["missed"] = payload;
      // Of another history: nothing there can be compared with what was kept.
      if (/other_epoch|ahead/.test((payload as Missed).why)) {
        for (const [name, list] of lists) {
          list.clear();
          changes[name] = list;
        }
      }
    }
    for (const name in changes) {
      const change = changes[name];
      if (change instanceof Map) changes[name] = inOrder(change);
    }
    if (Object.keys(changes).length) snapshot = Object.freeze({ ...snapshot, ...changes });
  }

  function call(listener: () => void) {
    try {
      listener();
    } catch (error) {
      env.report(error);
    }
  }

  function flush() {
    clock.never("flush");
    const batch = pending.filter(Boolean);
    pending = [];
    places = new Map();
    flushedAt = env.mono();
    if (isClosed || !batch.length) return;
    apply(batch);
    // What follows from it belongs to the same flush.
    applied();
    clock.never("flush");
    batch.push(...pending);
    pending = [];
    places = new Map();
    for (const { type, payload, message } of batch) {
      for (const name of message ? [type, "*"] : [type]) {
        for (const listener of [...(listeners.get(name) ?? [])]) {
          // One that an earlier one took away is not called any more.
          if (!isClosed && listeners.get(name)?.has(listener)) call(() => listener(payload as never, message));
        }
      }
    }
    for (const watcher of [...watchers]) if (!isClosed && watchers.has(watcher)) call(watcher);
  }

  function add(item: Pending, key?: string) {
    if (isClosed) return;
    if (key !== undefined) {
      const place = places.get(key);
      if (place !== undefined) delete pending[place];
      places.set(key, pending.length);
    }
    pending.push(item);
    if (pending.length >= MAX_PENDING) flush();
    else if (!clock.waits("flush")) clock.later("flush", Math.max(0, flushedAt + flushMs - env.mono()), flush);
  }

  return {
    getSnapshot: () => snapshot,
    flush,
    put(message, isEntry) {
      freeze(message);
      const { type, payload, channel } = message;
      // What tells one state from another, whoever published it.
      const { photoId, fileName, destination, backupId, cameraModel } = payload as Record<string, unknown>;
      const key = JSON.stringify([
        type,
        channel,
        photoId,
        fileName,
        destination,
        backupId,
        type === "camera_status" && cameraModel,
      ]);
      add({ type, payload, message }, isEntry ? undefined : key);
      if (type === "notification" && /high|critical/.test(String((payload as Record<string, unknown>)["priority"])))
        flush();
    },
    missed: (missed) => add({ type: "@missed", payload: Object.freeze(missed) }),
    touch: (type, payload) => add({ type, payload }, type),
    confirm(types, mono) {
      // What was heard before is older than this.
      flush();
      const changes: Record<string, unknown> = {};
      const renew = (held: Held<unknown>) =>
        Object.freeze({ ...held, bornMs: mono, asOfMs: held.asOfMs + mono - held.bornMs });
      for (const type of types) {
        const list = lists.get(type);
        const held = snapshot[type as "now"];
        if (list) {
          for (const [key, held] of list) if (held.maxAgeMs !== null) list.set(key, renew(held));
          changes[type] = inOrder(list);
        } else if (held && SINGLES.includes(type)) {
          changes[type] = renew(held);
        }
      }
      snapshot = Object.freeze({ ...snapshot, ...changes });
    },
    on(type, listener) {
      const own = listeners.get(type) ?? new Set();
      listeners.set(type, own.add(listener));
      return () => void own.delete(listener);
    },
    off: (type, listener) => void listeners.get(type)?.delete(listener),
    watch(listener) {
      // Wrapped, so that one that watches twice is told until both are undone.
      const own = () => listener();
      watchers.add(own);
      return () => void watchers.delete(own);
    },
    close() {
      isClosed = true;
      pending = [];
      listeners.clear();
      watchers.clear();
    },
  };
}

/** The one that changed last first. */
function inOrder(list: Map<string, Held<unknown>>) {
  return Object.freeze([...list.values()].reverse());
}

/** All the way down: nobody who is handed a value may change it for others. */
function freeze(value: unknown): void {
  if (typeof value !== "object" || !value || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
