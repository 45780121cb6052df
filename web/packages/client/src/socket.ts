// One WebSocket at a time: opening, subscribing, replay, heartbeats, and the verdict when it is over.
//
// Every attempt has a number of its own; what another one says is not heard. When to try again is not decided here.

import type { Message, Missed } from "./api.js";
import type { Clock } from "./clock.js";
import type { Environment, Socket } from "./env.js";
import type { Log } from "./log.js";
import {
  ANSWER_MS,
  CONNECT_MS,
  FULL_MS,
  HEARTBEAT_MS,
  JUMP_MS,
  LIFE_MS,
  LONGEST_RETURN_MS,
  MAX_BUFFERED,
  PULSE_MS,
} from "./patience.js";
import type { Channel, Envelope } from "./wire.js";

/** What becomes of it. */
export interface SocketEvents {
  url(): string | Promise<string>;
  channels(): Channel[];
  put(message: Message): void;
  missed(missed: Missed | null): void;
  /** The subscription was answered, and everything missed was told; then the first of the states is there as well. */
  caughtUp(isLive: boolean): void;
  /** Over; another attempt is of use, not before `leastMs`, and just then if the server said so. */
  lost(why: string, leastMs: number, isPlanned: boolean): void;
  /** Over, until somebody signs in. */
  stop(code: number): void;
  /** The machine slept, or its clock was set. */
  jumped(): void;
}

export interface Connection {
  open(): void;
  /** Ends it without a word to anybody. */
  drop(): void;
  phase(): Phase;
  /** Watches the channels that there are now. */
  resubscribe(): void;
  /** Asks for a word, and takes silence for death after so long. */
  probe(lifeMs: number): void;
  /** Whether it was handed to the socket. */
  say(message: object): boolean;
}

/**
 * `asked`: the subscription is not answered. `told`: it was, and what was missed, or the first state, is still to come.
 */
export type Phase = "none" | "opening" | "asked" | "told" | "live";

/** Marks `subscribe`, so that an error about it is known. */
const SUBSCRIBE = "kilat";

export function createSocket(env: Environment, clock: Clock, log: Log, on: SocketEvents): Connection {
  const { now, mono } = env;
  const connecting = clock.timer();
  const pulsing = clock.timer();
  const silence = clock.timer();
  let generation = 0;
  let socket: Socket | null = null;
  let phase: Phase = "none";
  let asked: Channel[] = [];
  let isFresh = false;
  /** The channels are others than those asked for: asked again once there is an answer. */
  let isDirty = false;
  /** Entries of the replay that are to come, all of them at or before `end`. */
  let left = 0;
  let end = 0;
  let hasState = false;
  let beatAt = 0;
  let wallAt = 0;
  let askedAt = 0;
  let returnMs: number | null = null;

  function drop() {
    generation += 1;
    for (const timer of [connecting, pulsing, silence]) timer();
    const old = socket;
    socket = returnMs = null;
    phase = "none";
    old?.close();
  }

  function lost(why: string, leastMs = 0) {
    const planned = returnMs;
    drop();
    on.lost(why, planned ?? leastMs, planned !== null);
  }

  function stop(code: number) {
    drop();
    on.stop(code);
  }

  function open() {
    drop();
    const mine = generation;
    const isMine = () => mine === generation;
    phase = "opening";
    askedAt = now();
    connecting(CONNECT_MS, () => lost("no_answer"));
    // Asked anew each time: a restarted server may answer elsewhere, a ticket opens one socket.
    Promise.resolve()
      .then(on.url)
      .then((url) => isMine() && begin(env.connect(url), isMine))
      .catch((error) => isMine() && lost(`${error}`));
  }

  function begin(opening: Socket, isMine: () => boolean) {
    socket = opening;
    opening.onopen = () => {
      if (!isMine()) return;
      beatAt = mono();
      wallAt = now();
      pulsing(PULSE_MS, pulse);
      subscribe();
    };
    opening.onmessage = ({ data }) => {
      if (!isMine()) return;
      // Whatever it says, it lives.
      silence();
      const message = parse(data);
      if (message?.prev) entry(message);
      else if (message) hear(message);
    };
    opening.onclose = ({ code, reason }) => {
      if (!isMine()) return;
      if (code === 4401 || code === 4403) return stop(code);
      // The server is full, or would say the same again: not soon.
      lost(`closed ${code} ${reason}`, /10(0[237-9]|1[03])/.test(`${code}`) ? FULL_MS : 0);
    };
  }

  function say(message: object) {
    if (socket?.readyState !== 1 || socket.bufferedAmount > MAX_BUFFERED) return false;
    socket.send(JSON.stringify({ ...message, timestamp: new Date(now()) }));
    return true;
  }

  function subscribe() {
    const gone = asked.filter((channel) => phase !== "opening" && !on.channels().includes(channel));
    if (gone.length) say({ type: "unsubscribe", payload: { channels: gone } });
    asked = on.channels();
    const since = log.ask(asked);
    phase = "asked";
    isFresh = !since;
    isDirty = hasState = false;
    connecting(ANSWER_MS, () => lost("no_answer"));
    say({ type: "subscribe", id: SUBSCRIBE, payload: { channels: asked, since } });
  }

  function beat() {
    beatAt = mono();
    askedAt = now();
    say({ type: "heartbeat", payload: {} });
  }

  function probe(lifeMs: number) {
    beat();
    // Somebody who asks again and again must not make a dead connection live longer.
    if (!silence.waits()) silence(lifeMs, () => lost("silence"));
  }

  function pulse() {
    const lateMs = Math.abs(now() - wallAt - PULSE_MS);
    wallAt = now();
    pulsing(PULSE_MS, pulse);
    if (lateMs > JUMP_MS) on.jumped();
    else if (mono() - beatAt >= HEARTBEAT_MS) probe(LIFE_MS);
  }

  function hear(message: Message) {
    const { type, payload, timestamp, asOf } = message as Envelope;
    const isAnswer = type === "heartbeat_response";
    if (type === "subscribed") {
      if (phase === "asked") {
        // Unasked, a slow client is brought up to date: the answer is still to come.
        if (`${[...payload.channels].sort()}` !== `${asked}`) return;
        // Or polling found a place meanwhile: what follows that one is wanted.
        if (isDirty || (isFresh && log.cursor())) return subscribe();
      }
      connecting();
      on.missed(log.answered(payload));
      ({ replayed: left, seq: end } = payload);
      phase = "told";
      caughtUp(payload.epoch);
    }
    if (type === "draining") returnMs = Math.min(payload.reconnectAfterMs, LONGEST_RETURN_MS);
    if (type === "error" && payload.ref === SUBSCRIBE) {
      return payload.code === "not_allowed" ? stop(4403) : lost(payload.message);
    }
    clock.told(timestamp, isAnswer || type === "connected" ? askedAt : undefined);
    on.put(message);
    if (asOf || (isAnswer && phase === "told")) hasState = true;
    check();
  }

  function entry(message: Message) {
    // Of an earlier subscription: the answer to the new one covers it.
    if (phase === "asked") return;
    const verdict = left && (message.seq ?? 0) > end ? "hole" : log.entry(message);
    // Which no server should do. Over this connection nobody could tell the answer to another question from an old one.
    if (verdict === "hole") return lost("hole");
    if (verdict === "next") on.put(message);
    if (!left) return;
    left -= 1;
    caughtUp(message.epoch as string);
  }

  function caughtUp(epoch: string) {
    if (left) return;
    log.told(epoch, end);
    on.caughtUp(false);
    // Where a channel has no state, this answer is the sign that none is on its way.
    if (!hasState) beat();
    check();
  }

  /** Live once the states are there as well. */
  function check() {
    if (phase !== "told" || left || !hasState) return;
    phase = "live";
    on.caughtUp(true);
  }

  return {
    open,
    drop,
    probe,
    phase: () => phase,
    say: (message) => /asked|told|live/.test(phase) && say(message),
    resubscribe() {
      if (/told|live/.test(phase)) subscribe();
      else isDirty = true;
    },
  };
}

function parse(data: unknown): Message | undefined {
  try {
    const message = JSON.parse(data as string);
    if (message.payload) return message;
  } catch {
    // No message of Kilat: whoever wrote it, it is not for this client.
  }
  return undefined;
}
