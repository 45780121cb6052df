// The client: when there is a socket, when there are polls, and what the status says of it.
//
// Nothing happens before the first subscription. Attempts at the socket never end, but where somebody must sign in.

import type { Client, ClientOptions, Link, Stop } from "./api.js";
import { call } from "./call.js";
import { createClock } from "./clock.js";
import { environment, type PageEvent } from "./env.js";
import { createLog } from "./log.js";
import { createOutbox } from "./outbox.js";
import { PATIENCE, STEADY_MS } from "./patience.js";
import { createPoller } from "./poll.js";
import { createSocket } from "./socket.js";
import { createBoard } from "./status.js";
import { createStore } from "./store.js";
import type { Channel } from "./wire.js";

/** How many polls may begin in the same second when all viewers lose a server at once. */
const SPREAD_MS = 1_000;

export function createClient(options: ClientOptions = {}): Client {
  const env = environment(options.env);
  const patience = { ...PATIENCE, ...options.patience };
  const clock = createClock(env);
  const log = createLog(options.since ?? null);
  const store = createStore(env, clock, patience.flushMs, () => board.set({}));
  const wanted = new Map<Channel, number>();
  const channels = () => [...wanted.keys()];
  /** Whether it works: `idle` without a subscription, `asleep` while nobody looks, `stopped` and `closed` for good. */
  let mode: "idle" | "on" | "asleep" | "stopped" | "closed" = "idle";
  let isRealtime = true;
  let failed = 0;
  let liveAt = 0;
  let unlisten: (() => void) | undefined;

  const url = () => {
    const given = options.url;
    if (given !== undefined) return typeof given === "string" ? given : given();
    return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
  };
  const http = {
    base() {
      if (options.httpUrl !== undefined) return options.httpUrl.replace(/\/$/, "");
      if (typeof location !== "undefined" || typeof options.url !== "string") return "";
      return new URL(options.url).origin.replace(/^ws/, "http");
    },
    init: (): RequestInit => ({ credentials: options.credentials ?? "include", headers: options.headers?.() ?? {} }),
  };
  const board = createBoard(env, clock, store);
  const heard = { message: store.put, missed: store.missed };

  const socket = createSocket(env, clock, log, patience, url, channels, {
    ...heard,
    caughtUp() {
      // The states of the socket are newer than any answer that is still under way.
      poller.end();
      outbox.flush();
    },
    live() {
      liveAt = env.mono();
      board.set({ link: "live", mode: "websocket", attempts: 0, retryAtMs: null, why: null });
    },
    lost,
    stop,
    jumped: probe,
  });
  const poller = createPoller(env, clock, log, patience, http, channels, {
    ...heard,
    unchanged: store.confirm,
    answered: () => board.set({ link: "polling", mode: "polling" }),
    failed(why) {
      board.set({ link: "none", ...(isRealtime ? {} : { why }) });
    },
    stop,
  });
  const outbox = createOutbox(env, clock, patience.sendMs, (message) => socket.isOpen() && socket.say(message));

  function lost(why: string, leastMs: number, isPlanned: boolean) {
    if (liveAt && env.mono() - liveAt >= STEADY_MS) failed = 0;
    liveAt = 0;
    failed += 1;
    const most = Math.min(patience.longestWaitMs, patience.firstWaitMs * 2 ** Math.min(failed - 1, 20));
    const waitMs = isPlanned ? leastMs : Math.max(leastMs, env.random() * most);
    clock.later("attempt", waitMs, socket.open);
    // A server that says when it is back does not answer before.
    if (!poller.isOn() && !isHidden()) poller.begin(isPlanned ? waitMs : env.random() * SPREAD_MS);
    board.set({ ...board.lost(failed), retryAtMs: env.now() + waitMs, why });
  }

  function stop(reason: Stop) {
    rest("stopped");
    board.set({ link: "stopped", stop: Object.freeze(reason), why: reason.why });
  }

  /** Lets go of everything that reaches the server. */
  function rest(next: typeof mode) {
    mode = next;
    socket.drop();
    poller.end();
    clock.never("attempt", "hidden");
    liveAt = 0;
    board.set({ link: next as Link, retryAtMs: null });
  }

  /** Goes to work, or does again what it is at, at once. */
  function wake() {
    if (mode === "stopped" || mode === "closed") return;
    if (!wanted.size) return;
    if (mode !== "on") {
      mode = "on";
      failed = 0;
      board.set({ link: "connecting", why: null });
    }
    clock.never("attempt");
    if (!isRealtime) {
      socket.drop();
      board.set({ mode: "polling", why: null, retryAtMs: null, attempts: 0 });
      if (!isHidden()) poller.begin(0);
    } else if (!socket.exists()) {
      if (poller.isOn() && !isHidden()) poller.begin(0);
      socket.open();
    }
  }

  /** A reason to doubt what is believed of the network. */
  function probe() {
    if (mode !== "on" || !isRealtime || !socket.isOpen()) wake();
    else socket.probe(patience.wakeMs);
  }

  const isHidden = () => !!env.page?.isHidden();

  function page(event: PageEvent, isCached: boolean) {
    if (mode === "stopped" || mode === "closed" || mode === "idle") return;
    if (event === "pagehide" ? isCached : false) return rest("asleep");
    if (event === "pageshow" && !isCached) return;
    if (event === "freeze" || event === "pagehide") return;
    if (event !== "visibilitychange") return probe();
    clock.never("hidden");
    if (!isHidden()) {
      if (mode === "on" && isRealtime && !socket.isLive()) poller.begin(0);
      return probe();
    }
    poller.end();
    clock.later("hidden", patience.hiddenMs, () => rest("asleep"));
  }

  function changed() {
    if (mode === "on") {
      if (!wanted.size) return;
      socket.resubscribe();
      if (poller.isOn()) poller.begin(0);
    } else wake();
  }

  return {
    subscribe(some) {
      const own = typeof some === "string" ? [some] : [...some];
      if (mode === "closed") return () => {};
      unlisten ??= env.page?.listen(page);
      clock.never("grace");
      const isNew = own.filter((channel) => !wanted.has(channel)).length > 0;
      for (const channel of own) wanted.set(channel, (wanted.get(channel) ?? 0) + 1);
      if (isNew || mode === "idle") changed();
      let isUndone = false;
      return () => {
        if (isUndone || mode === "closed") return;
        isUndone = true;
        const left = own.filter((channel) => (wanted.get(channel) ?? 0) <= 1);
        for (const channel of own) wanted.set(channel, (wanted.get(channel) ?? 1) - 1);
        for (const channel of left) wanted.delete(channel);
        if (wanted.size) {
          if (left.length) changed();
        } else {
          clock.later("grace", patience.graceMs, () => {
            if (mode !== "stopped") rest("idle");
          });
        }
      };
    },
    on: (type, listener) => store.on(type, listener as never),
    off: (type, listener) => store.off(type, listener as never),
    watch: store.watch,
    getStatus: board.get,
    getSnapshot: store.getSnapshot,
    getSubscriptions: channels,
    ageMs: clock.ageMs,
    isStale: (held) => held.maxAgeMs !== null && clock.ageMs(held) > held.maxAgeMs,
    quietMs() {
      const at = socket.heardAt();
      return at === null ? null : env.mono() - at;
    },
    skewMs: clock.skewMs,
    send: outbox.send,
    call: (name, given) => call(env, http, patience.callMs, name, given),
    refresh() {
      if (socket.isOpen()) socket.say({ type: "get_status", payload: { channels: channels() } });
      else if (mode === "on") poller.begin(0);
    },
    setRealtime(isOn, pollMs = patience.pollMs) {
      poller.setEvery(pollMs);
      if (isOn === isRealtime) return;
      isRealtime = isOn;
      board.set({ isRealtime });
      if (mode === "on") wake();
    },
    reconnect() {
      if (mode === "closed") return;
      rest("idle");
      board.set({ stop: null });
      wake();
    },
    close() {
      rest("closed");
      clock.never("grace", "flush", "stale");
      outbox.close();
      store.close();
      unlisten?.();
      wanted.clear();
    },
  };
}
