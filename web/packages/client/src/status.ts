// What the status says: never more than is known.
//
// What `now` told of the links behind the server is told on only while it is fresh; afterwards they are unknown, and the
// viewer's own link says why.

import type { LinkView, Status } from "./api.js";
import type { Clock } from "./clock.js";
import type { Environment } from "./env.js";
import { ANNOUNCED_AFTER } from "./patience.js";
import type { Store } from "./store.js";
import type { Link as WireLink } from "./wire.js";

export interface Board {
  get(): Status;
  set(change: Partial<Status>): void;
  /** What is to be said after so many failures in a row. */
  lost(failed: number): Partial<Status>;
}

const UNKNOWN: LinkView = Object.freeze({ state: "unknown", since: null, what: null, isStale: false });
const STALE: LinkView = Object.freeze({ ...UNKNOWN, isStale: true });

export function createBoard(env: Environment, clock: Clock, store: Store): Board {
  let status: Status = Object.freeze({
    link: "idle",
    sinceMs: env.now(),
    isConnected: false,
    mode: "websocket",
    isRealtime: true,
    attempts: 0,
    retryAtMs: null,
    why: null,
    stop: null,
    source: UNKNOWN,
    camera: UNKNOWN,
    storage: UNKNOWN,
    isStale: true,
  });

  function view(name: "source" | "camera" | "storage"): LinkView {
    const { now } = store.getSnapshot();
    if (!now) return UNKNOWN;
    if (isStale()) return STALE;
    const link: WireLink | undefined = now.value.links?.[name];
    if (!link) return UNKNOWN;
    const { state, since, what } = link;
    const known = status[name];
    if (known.state === state && known.since === since && known.what === what && !known.isStale) return known;
    return Object.freeze({ state, since, what, isStale: false });
  }

  function isStale() {
    const { now } = store.getSnapshot();
    return !now || clock.ageMs(now) > (now.maxAgeMs ?? Infinity);
  }

  function set(change: Partial<Status>) {
    const { now } = store.getSnapshot();
    // Nothing needs to happen for a value to grow too old.
    if (now && !isStale()) clock.later("stale", (now.maxAgeMs ?? 0) - clock.ageMs(now) + 1, () => set({}));
    const next: Status = {
      ...status,
      ...change,
      source: view("source"),
      camera: view("camera"),
      storage: view("storage"),
      isStale: isStale(),
    };
    const link = next.link;
    Object.assign(next, { isConnected: link === "live", sinceMs: link === status.link ? status.sinceMs : env.now() });
    const names = Object.keys(next) as (keyof Status)[];
    if (names.every((name) => next[name] === status[name])) return;
    status = Object.freeze(next);
    store.touch("@status", status);
  }

  return {
    set,
    get() {
      // By the time that is now: it may have become old since anything was heard.
      set({});
      return status;
    },
    lost(attempts) {
      const isAnnounced = attempts >= ANNOUNCED_AFTER;
      const link =
        status.link === "live" ? "connecting" : isAnnounced && status.link === "connecting" ? "none" : status.link;
      return { attempts, link, mode: isAnnounced ? "polling" : status.mode };
    },
  };
}
