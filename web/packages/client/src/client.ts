// The client: when there is a socket, when there are polls, and what the status says of it.
//
// Nothing happens before the first subscription. Attempts at the socket never end, but where somebody must sign in.

import type { Client, ClientOptions, Held, Link, Status, Stop } from "./api.js";
import { createClock } from "./clock.js";
import { environment, PAGE_EVENTS } from "./env.js";
import { createLog } from "./log.js";
import { createOutbox } from "./outbox.js";
import {
  ANNOUNCED_AFTER,
  FIRST_WAIT_MS,
  GRACE_MS,
  HIDDEN_MS,
  LONGEST_BEHIND_MS,
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
import type { Channel, Connected } from "./wire.js";

export function createClient(options: ClientOptions = {}): Client {
  const env = environment(options.env);
  const { now, random, page } = env;
  const clock = createClock(env);
  const { ageMs } = clock;
  const attempt = clock.timer();
  const hiding = clock.timer();
  const leaving = clock.timer();
  const aging = clock.timer();
  const store = createStore(clock, look);
  const log = createLog(options.since ?? null, store);
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
  let retryAtMs: number | null = null;
  let why: string | null = null;
  let stop: Stop | null = null;
  let clientId: string | null = null;

  const address = options.url || (() => `${location.origin.replace("http", "ws")}/ws`);
  const http: Client["fetch"] = (path, init) => {
    const { httpUrl = typeof address === "string" ? httpOf(address) : "", credentials = "include" } = options;
    return env.fetch(httpUrl + path, { credentials, ...init, headers: { ...options.headers?.(), ...init?.headers } });
  };
  const shared = {
    channels: () => watched,
    put: store.put,
    stops(code: number) {
      // By the last digits of an HTTP status, or of a close code.
      const isStop = /40[13]$/.test(`${code}`);
      if (isStop) {
        stop = { code, why: code % 10 === 1 ? "not_signed_in" : "not_allowed" };
        rest("stopped");
      }
      return isStop;
    },
  };
  const socket = createSocket(env, clock, log, {
    ...shared,
    url: () => (typeof address === "function" ? address() : address),
    caughtUp(isLive) {
      // The states of the socket are newer than any answer that is still under way.
      poller.end();
      outbox.flush();
      if (!isLive) return;
      retryAtMs = why = null;
      become("live");
    },
    lost(reason, leastMs, returnMs) {
      failed = link === "live" && now() - sinceMs >= STEADY_MS ? 1 : failed + 1;
      const longestMs = link === "polling" ? LONGEST_BEHIND_MS : LONGEST_WAIT_MS;
      const mostMs = Math.min(longestMs, FIRST_WAIT_MS * 2 ** (failed - 1));
      const waitMs = returnMs ?? Math.max(leastMs, random() * mostMs);
      attempt(waitMs, socket.open);
      // A server that says when it is back does not answer before.
      if (!poller.isOn()) poll(returnMs ?? random() * SPREAD_MS);
      retryAtMs = now() + waitMs;
      why = reason;
      become(link === "live" ? "connecting" : link === "connecting" && failed >= ANNOUNCED_AFTER ? "none" : link);
    },
    jumped: probe,
  });
  const poller = createPoller(clock, log, http, {
    ...shared,
    everyMs: () => pollMs,
    polled(failure) {
      why = failure || why;
      // The server was gone, and answers.
      if (!failure && link === "none") knock();
      become(failure ? "none" : "polling");
    },
  });
  const outbox = createOutbox(clock, socket.say);
  store.on("connected", (payload) => {
    ({ clientId } = payload as Connected);
  });

  function become(next: Link) {
    if (link !== next) sinceMs = now();
    link = next;
    look();
  }

  /** Works the status out anew, and again when the newest `now` will have grown too old. */
  function look() {
    const held = store.getSnapshot().now;
    const freshMs = held ? leftMs(held) : -1;
    const attempts = link === "live" ? 0 : failed;
    const mode = isRealtime && link !== "polling" && attempts < ANNOUNCED_AFTER ? "websocket" : "polling";
    const own = { link, sinceMs, mode, isRealtime, attempts, retryAtMs, why, stop, clientId } as const;
    const next = statusOf(status, own, held, freshMs < 0);
    aging(freshMs + 1, link !== "closed" && freshMs >= 0 ? look : undefined);
    if (status && next !== status) store.tell("@status", next);
    status = next;
    return next;
  }

  /** For how long it may still be shown as live. */
  const leftMs = (held: Held<unknown>) => (held.maxAgeMs ?? Infinity) - ageMs(held);
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
    retryAtMs = null;
    become(next);
  }

  /** Tries the socket at once, unless it is tried already or not wanted. */
  function knock() {
    attempt();
    if (!isRealtime) socket.drop();
    else if (socket.phase() === "none") socket.open();
  }

  /** Goes to work, or tries at once what it would try later. */
  function wake() {
    if (isOver() || !wanted.size) return;
    if (isResting() || !isRealtime) {
      failed = 0;
      why = null;
      become("connecting");
    }
    knock();
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
    on: store.on as Client["on"],
    off: store.off as Client["off"],
    // Wrapped, so that one that watches twice is told until both are undone.
    watch: (listener) => store.on("", () => listener()),
    getStatus: look,
    getSnapshot: store.getSnapshot,
    getSubscriptions: channels,
    ageMs,
    isStale: (held) => leftMs(held) < 0,
    send: outbox.send,
    fetch: http,
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
      stop = null;
      rest("idle");
      wake();
    },
    close() {
      listen("remove");
      wanted.clear();
      rest("closed");
      outbox.close();
      store.close();
      leaving();
    },
  };
}

/** `http://host:3001` of `ws://host:3001/ws`. */
const httpOf = (url: string) => new URL(url).origin.replace("ws", "http");
