// The client: when there is a socket, when there are polls, and what the status says of it.
//
// Nothing happens before the first subscription. Attempts at the socket never end, but where somebody must sign in.

import type { Client, ClientOptions, Link, Status, Stop } from "./api.js";
import { call, type Http } from "./call.js";
import { createClock } from "./clock.js";
import { environment, PAGE_EVENTS } from "./env.js";
import { createLog } from "./log.js";
import { createOutbox } from "./outbox.js";
import {
  ANNOUNCED_AFTER,
  FIRST_WAIT_MS,
  GRACE_MS,
  HIDDEN_MS,
  LONGEST_WAIT_MS,
  POLL_MS,
  SPREAD_MS,
  STEADY_MS,
  WAKE_MS,
} from "./patience.js";
import { createPoller } from "./poll.js";
import { createSocket } from "./socket.js";
import { statusOf } from "./status.js";
import { createStore } from "./store.js";
import type { Channel } from "./wire.js";

export function createClient(options: ClientOptions = {}): Client {
  const env = environment(options.env);
  const { now, mono, random, page } = env;
  const clock = createClock(env);
  const { ageMs } = clock;
  const attempt = clock.timer();
  const hiding = clock.timer();
  const leaving = clock.timer();
  const aging = clock.timer();
  const log = createLog(options.since ?? null);
  const store = createStore(env, clock, look);
  /** What each subscription wants. */
  const wanted = new Set<Channel[]>();
  const channels = () => [...new Set([...wanted].flat())].sort();
  /** What the server is asked for: what was wanted last, also while nobody wants anything for a moment. */
  let watched: Channel[] = [];
  let status: Status | undefined;
  let link: Link = "idle";
  let sinceMs = now();
  let isRealtime = true;
  let pollMs = POLL_MS;
  /** Attempts in a row that led to nothing that lasted. */
  let failed = 0;
  let liveAt = Infinity;
  let retryAtMs: number | null = null;
  let why: string | null = null;
  let stop: Stop | null = null;

  const http: Http = (path, init, headers) => {
    const { httpUrl = "", credentials = "include" } = options;
    return env.fetch(httpUrl + path, { credentials, ...init, headers: { ...options.headers?.(), ...headers } });
  };
  const shared = {
    channels: () => watched,
    put: store.put,
    missed: (missed: object | null) => missed && store.tell("@missed", missed),
    stop(code: number) {
      stop = { code, why: code % 1000 === 401 ? "not_signed_in" : "not_allowed" };
      rest("stopped");
    },
  };
  const socket = createSocket(env, clock, log, {
    ...shared,
    url() {
      const { url = `${location.origin.replace("http", "ws")}/ws` } = options;
      return typeof url === "string" ? url : url();
    },
    caughtUp(isLive) {
      // The states of the socket are newer than any answer that is still under way.
      poller.end();
      outbox.flush();
      if (!isLive) return;
      liveAt = mono();
      retryAtMs = why = null;
      become("live");
    },
    lost(reason, leastMs, isPlanned) {
      failed = mono() - liveAt >= STEADY_MS ? 1 : failed + 1;
      liveAt = Infinity;
      const mostMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failed - 1));
      const waitMs = isPlanned ? leastMs : Math.max(leastMs, random() * mostMs);
      attempt(waitMs, socket.open);
      // A server that says when it is back does not answer before.
      if (!poller.isOn()) poll(isPlanned ? waitMs : random() * SPREAD_MS);
      retryAtMs = now() + waitMs;
      why = reason;
      become(link === "live" ? "connecting" : link === "connecting" && failed >= ANNOUNCED_AFTER ? "none" : link);
    },
    jumped: probe,
  });
  const poller = createPoller(env, clock, log, http, {
    ...shared,
    everyMs: () => pollMs,
    polled(failure) {
      why = failure || why;
      become(failure ? "none" : "polling");
    },
  });
  const outbox = createOutbox(env, clock, socket.say);

  function become(next: Link) {
    if (link !== next) sinceMs = now();
    link = next;
    look();
  }

  /** Works the status out anew, and again when the newest `now` will have grown too old. */
  function look() {
    const held = store.getSnapshot().now;
    const freshMs = held ? (held.maxAgeMs ?? Infinity) - ageMs(held) : -1;
    const attempts = link === "live" ? 0 : failed;
    const mode = isRealtime && link !== "polling" && attempts < ANNOUNCED_AFTER ? "websocket" : "polling";
    const own = { link, sinceMs, mode, isRealtime, attempts, retryAtMs, why, stop } as const;
    const next = statusOf(status, own, held, freshMs < 0);
    aging(freshMs + 1, link !== "closed" && freshMs >= 0 ? look : undefined);
    if (status && next !== status) store.tell("@status", next);
    status = next;
    return next;
  }

  const isHidden = () => page?.document.hidden;
  const isOver = () => /stopped|closed/.test(link);
  const isResting = () => isOver() || /idle|asleep/.test(link);

  /** In the foreground only. */
  function poll(inMs: number) {
    if (!isHidden()) poller.begin(inMs);
  }

  /** Lets go of everything that reaches the server. */
  function rest(next: Link) {
    socket.drop();
    poller.end();
    attempt();
    hiding();
    liveAt = Infinity;
    retryAtMs = null;
    become(next);
  }

  /** Goes to work, or tries at once what it would try later. */
  function wake() {
    if (isOver() || !wanted.size) return;
    attempt();
    if (isResting() || !isRealtime) {
      failed = 0;
      retryAtMs = why = stop = null;
      become("connecting");
    }
    if (!isRealtime) socket.drop();
    else if (socket.phase() === "none") socket.open();
    if (!isRealtime || (failed && socket.phase() !== "live")) poll(0);
  }

  /** A reason to doubt what is believed of the network. */
  function probe() {
    if (socket.phase() === "live") socket.probe(WAKE_MS);
    else wake();
  }

  function hear({ type }: { type: string }) {
    if (link === "idle" || isOver()) return;
    if (type === "pagehide") rest("asleep");
    else if (!isHidden()) {
      hiding();
      probe();
    } else if (type === "visibilitychange" && !isResting()) {
      poller.end();
      hiding(HIDDEN_MS, () => rest("asleep"));
    }
  }

  function listen(how: "add" | "remove") {
    for (const event of PAGE_EVENTS) page?.[`${how}EventListener`](event, hear);
  }

  /** Others may be wanted than before. */
  function changed() {
    const before = `${watched}`;
    watched = channels();
    if (isResting()) wake();
    else if (`${watched}` !== before) {
      socket.resubscribe();
      if (poller.isOn()) poll(0);
    }
  }

  look();
  return {
    subscribe(some) {
      const own = [some].flat() as Channel[];
      if (link !== "closed") {
        // Each of them once, however often.
        listen("add");
        leaving();
        wanted.add(own);
        changed();
      }
      return () => {
        if (!wanted.delete(own)) return;
        if (wanted.size) changed();
        else leaving(GRACE_MS, () => isOver() || rest("idle"));
      };
    },
    on: (type, listener) => store.on(type, listener as never),
    off: (type, listener) => store.off(type, listener as never),
    // Wrapped, so that one that watches twice is told until both are undone.
    watch: (listener) => store.on("", () => listener()),
    getStatus: look,
    getSnapshot: store.getSnapshot,
    getSubscriptions: channels,
    ageMs,
    isStale: (held) => ageMs(held) > (held.maxAgeMs ?? Infinity),
    send(message) {
      const sent = outbox.send(message);
      if (link === "closed") outbox.flush("closed");
      return sent;
    },
    call: (name, given) => call(env, http, name, given),
    refresh() {
      if (!socket.say({ type: "get_status", payload: { channels: watched } }) && !isResting()) poll(0);
    },
    setRealtime(isOn, everyMs = POLL_MS) {
      pollMs = everyMs;
      if (isOn === isRealtime) return;
      isRealtime = isOn;
      if (isResting()) look();
      else wake();
    },
    reconnect() {
      if (link === "closed") return;
      rest("idle");
      wake();
    },
    close() {
      listen("remove");
      wanted.clear();
      rest("closed");
      outbox.flush("closed");
      store.close();
      leaving();
    },
  };
}
