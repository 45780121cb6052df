// One WebSocket at a time: opening, subscribing, replay, heartbeats, and the verdict when it is over.
//
// Every attempt has a number of its own; what another one says is not heard. When to try again is not decided here.

import type { Message, Missed, Patience, Stop } from "./api.js";
import type { Clock } from "./clock.js";
import type { Environment, Socket } from "./env.js";
import type { Log } from "./log.js";
import { JUMP_MS, LONGEST_RETURN_MS, MAX_BUFFERED, MAX_HOLES, PULSE_MS } from "./patience.js";
import type { Channel, Envelope } from "./wire.js";

/** What becomes of it. */
export interface SocketEvents {
  message(message: Message, isEntry: boolean): void;
  missed(missed: Missed): void;
  /** The subscription was answered, and everything missed was told. */
  caughtUp(): void;
  /** The first of the states is there as well: from here on it is live. */
  live(): void;
  /** Over; another attempt is of use, not before `leastMs`, and just then if the server said so. */
  lost(why: string, leastMs: number, isPlanned: boolean): void;
  stop(stop: Stop): void;
  /** The machine slept, or its clock was set. */
  jumped(): void;
}

export interface Connection {
  open(): void;
  /** Ends it without a word to anybody. */
  drop(): void;
  exists(): boolean;
  /** Whether words reach the server. */
  isOpen(): boolean;
  isLive(): boolean;
  /** Watches these channels from now on. */
  resubscribe(): void;
  /** Asks for a word, and takes silence for death after so long. */
  probe(lifeMs: number): void;
  /** Whether it was handed to the socket. */
  say(message: object): boolean;
  /** When anything was heard last, by the monotonic clock. */
  heardAt(): number | null;
}

/** Marks `subscribe`, so that an error about it is known. */
const SUBSCRIBE = "kilat-subscribe";
/** After these, nothing but signing in helps. */
const STOPS: Record<number, Stop["why"]> = { 4401: "not_signed_in", 4403: "not_allowed" };
/** After these the server would say the same again: not soon. */
const FAULTS = [1002, 1003, 1007, 1008, 1009, 1010];

export function createSocket(
  env: Environment,
  clock: Clock,
  log: Log,
  patience: Patience,
  url: () => string | Promise<string>,
  channels: () => readonly Channel[],
  on: SocketEvents,
): Connection {
  let generation = 0;
  let socket: Socket | null = null;
  let isOpening = false;
  /** `asked`: the subscription is not answered; `ready`: it was, and `left` entries of the replay are to come. */
  let phase: "none" | "asked" | "ready" = "none";
  let asked: readonly Channel[] = [];
  let isFresh = false;
  /** The channels are others than those asked for: asked again once there is an answer. */
  let isDirty = false;
  let left = 0;
  let end = 0;
  let holes = 0;
  let hasState = false;
  let isLive = false;
  let heardAt: number | null = null;
  let beatAt = 0;
  let lifeAt = 0;
  let wallAt = 0;
  let returnMs: number | null = null;

  function drop() {
    generation += 1;
    clock.never("connect", "beat", "life");
    const old = socket;
    socket = returnMs = null;
    isOpening = isLive = false;
    phase = "none";
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = old.onerror = null;
    try {
      old.close();
    } catch {
      // It is gone already, which is what was wanted.
    }
  }

  function lost(why: string, leastMs = 0) {
    const planned = returnMs;
    drop();
    on.lost(why, Math.max(leastMs, planned ?? 0), planned !== null);
  }

  function stop(code: number, why: Stop["why"]) {
    drop();
    on.stop({ code, why });
  }

  function open() {
    drop();
    const mine = generation;
    isOpening = true;
    clock.later("connect", patience.connectMs, () => lost("the server does not answer"));
    // Asked anew each time: a restarted server may answer elsewhere, a ticket opens one socket.
    new Promise<string>((resolve) => resolve(url())).then(
      (address) => mine === generation && begin(address, mine),
      (error) => mine === generation && lost(`no address to connect to: ${error}`),
    );
  }

  function begin(address: string, mine: number) {
    let opening: Socket;
    try {
      opening = env.connect(address);
    } catch (error) {
      return lost(`no WebSocket: ${error}`);
    }
    socket = opening;
    const hear =
      <T>(handle: (event: T) => void) =>
      (event: T) =>
        mine === generation && handle(event);
    opening.onopen = hear(() => {
      clock.never("connect");
      isOpening = false;
      heard();
      beatAt = heardAt ?? 0;
      holes = 0;
      pulse(false);
      subscribe();
    });
    opening.onmessage = hear(({ data }: { data: unknown }) => {
      heard();
      text(data);
    });
    opening.onclose = hear(({ code, reason }: { code: number; reason: string }) => {
      const why = STOPS[code];
      if (why) stop(code, why);
      else
        lost(
          `closed with code ${code} ${reason}`.trim(),
          code === 1013 ? patience.fullMs : FAULTS.includes(code) ? patience.longestWaitMs : 0,
        );
    });
    // What follows an error is a close.
    opening.onerror = null;
  }

  function say(message: object): boolean {
    if (!socket || socket.readyState !== 1 || socket.bufferedAmount > MAX_BUFFERED) return false;
    socket.send(JSON.stringify({ ...message, timestamp: new Date(env.now()).toISOString() }));
    return true;
  }

  function heard() {
    heardAt = env.mono();
    clock.never("life");
  }

  function subscribe() {
    const before = asked;
    asked = [...channels()];
    const since = log.ask(asked);
    const gone = phase === "none" ? [] : before.filter((channel) => !asked.includes(channel));
    if (gone.length) say({ type: "unsubscribe", payload: { channels: gone } });
    phase = "asked";
    isFresh = !since;
    isDirty = hasState = false;
    clock.later("connect", patience.answerMs, () => lost("the server does not answer the subscription"));
    say({ type: "subscribe", id: SUBSCRIBE, payload: { channels: asked, ...(since && { since }) } });
  }

  function beat() {
    beatAt = env.mono();
    say({ type: "heartbeat", payload: {} });
  }

  function probe(lifeMs: number) {
    if (!socket || isOpening) return;
    beat();
    // Somebody who asks again and again must not make a dead connection live longer.
    lifeAt = Math.min(clock.waits("life") ? lifeAt : Infinity, env.mono() + lifeMs);
    clock.later("life", lifeAt - env.mono(), () => lost("nothing is heard of the server"));
  }

  function pulse(isDue = true) {
    const wall = env.now();
    const late = Math.abs(wall - wallAt - PULSE_MS);
    wallAt = wall;
    clock.later("beat", PULSE_MS, pulse);
    if (!isDue) return;
    const mono = env.mono();
    if (late > JUMP_MS) on.jumped();
    else if (clock.waits("life")) return;
    else if (mono - beatAt >= patience.heartbeatMs || mono - (heardAt ?? 0) >= patience.quietMs) probe(patience.lifeMs);
  }

  function caughtUp() {
    if (left > 0) return;
    on.caughtUp();
    // Where a channel has no state, this answer is the sign that none is on its way.
    if (!hasState) beat();
    check();
  }

  /** Live once the states are there, or, where a channel has none, once the server answers what was said behind it. */
  function check() {
    if (isLive || phase !== "ready" || left > 0 || !hasState) return;
    isLive = true;
    on.live();
  }

  function text(data: unknown) {
    const message = parse(data);
    if (!message) return;
    const { type, payload, seq } = message as Envelope;
    if (type === "connected" || type === "heartbeat_response") {
      clock.told(payload.timestamp, true);
      hasState ||= type !== "connected" && phase === "ready";
    } else if (type === "subscribed") {
      if (phase === "asked") {
        // Unasked, a slow client is brought up to date: the answer is still to come.
        if (!isSame(payload.channels, asked)) return;
        // Polling found a place meanwhile: what follows that one is wanted.
        if (isDirty || (isFresh && log.cursor())) return subscribe();
      }
      clock.never("connect");
      const missed = log.answered(payload);
      if (missed) on.missed(missed);
      left = payload.replayed;
      end = payload.seq;
      phase = "ready";
      if (!left) log.told(payload.epoch, end);
      caughtUp();
    } else if (type === "draining") {
      returnMs = Math.min(payload.reconnectAfterMs, LONGEST_RETURN_MS);
    } else if (type === "error" && payload.ref === SUBSCRIBE) {
      const why = payload.code === "not_allowed" ? 4403 : payload.code === "not_signed_in" ? 4401 : 0;
      if (why) return stop(why, STOPS[why] as Stop["why"]);
      return lost(`the server refused to subscribe: ${payload.message}`);
    }
    if (seq !== undefined && message.prev) return entry(message, seq);
    clock.told(message.timestamp, false);
    on.message(message, false);
    if (message.asOf) hasState = true;
    check();
  }

  function entry(message: Message, seq: number) {
    // Of an earlier subscription: the answer to the new one covers it.
    if (phase !== "ready") return;
    const verdict = left > 0 && seq > end ? "hole" : log.entry(message);
    if (verdict === "hole") {
      if (left > 0) log.brokeOff();
      holes += 1;
      if (holes > MAX_HOLES) return lost("the server leaves entries out");
      return subscribe();
    }
    if (verdict === "next") {
      holes = 0;
      on.message(message, true);
    }
    if (left > 0) {
      left -= 1;
      if (!left) {
        log.told(message.epoch as string, end);
        caughtUp();
      }
    }
  }

  return {
    open,
    drop,
    probe,
    say,
    exists: () => !!socket || isOpening,
    isOpen: () => phase !== "none",
    isLive: () => isLive,
    resubscribe: () => {
      if (phase === "asked") isDirty = true;
      else if (phase === "ready") subscribe();
    },
    heardAt: () => heardAt,
  };
}

function isSame(some: readonly string[], others: readonly string[]) {
  return some.length === others.length && some.every((one) => others.includes(one));
}

function parse(data: unknown): Message | null {
  try {
    const message = JSON.parse(data as string);
    return typeof message?.type === "string" && typeof message.payload === "object" && message.payload ? message : null;
  } catch {
    return null;
  }
}
