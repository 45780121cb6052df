// One WebSocket at a time: opening, subscribing, replay, heartbeats, and the verdict when it is over.
//
// Every attempt has a number of its own; what another one says is not heard. When to try again is not decided here.

import type { Message } from "./api.js";
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
  /** The subscription was answered, and everything missed was told; then the first of the states is there as well. */
  caughtUp(isLive: boolean): void;
  /** Over; another attempt is of use, not before `leastMs`, or just when the server said that it returns. */
  lost(why: string, leastMs: number, returnMs: number | null): void;
  /** Whether somebody must sign in: it was dropped then. */
  stops(code: number): boolean;
  /** The machine slept, or its clock was set. */
  jumped(): void;
}

export interface Connection {
  /** Begins an attempt: there must be none. */
  open(): unknown;
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
  const { now, mono } = clock;
  const connecting = clock.timer();
  const pulsing = clock.timer();
  const silence = clock.timer();
  let generation = 0;
  let socket: Socket | null = null;
  let phase: Phase = "none";
  let asked: Channel[] = [];
  let isFresh = false;
  /** Entries of the replay that are to come, all of them at or before `end`. */
  let left = 0;
  let end = 0;
  let hasState = false;
  let beatAt = 0;
  let askedAt = 0;
  let returnMs: number | null = null;

  function drop() {
    generation += 1;
    connecting();
    pulsing();
    silence();
    const old = socket;
    socket = returnMs = null;
    asked = [];
    phase = "none";
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = null;
    old.close();
  }

  function lost(why: string, leastMs = 0) {
    const planned = returnMs;
    drop();
    on.lost(why, leastMs, planned);
  }

  async function open() {
    const mine = generation;
    phase = "opening";
    askedAt = now();
    connecting(CONNECT_MS, () => lost("no_answer"));
    try {
      // Asked anew each time: a restarted server may answer elsewhere, a ticket opens one socket.
      const url = await on.url();
      if (mine === generation) begin(env.connect(url));
    } catch (error) {
      if (mine === generation) lost(`${error}`);
    }
  }

  function begin(opening: Socket) {
    socket = opening;
    opening.onopen = () => {
      beatAt = mono();
      pulse();
      subscribe();
    };
    opening.onmessage = ({ data }) => {
      // Whatever it says, it lives.
      silence();
      let message: Message | undefined;
      try {
        message = JSON.parse(data as string);
      } catch {
        // No message of Kilat: whoever wrote it, it is not for this client.
      }
      if (message?.prev) entry(message);
      else if (message?.payload) hear(message);
    };
    opening.onclose = ({ code, reason }) => {
      // The server is full, or would say the same again: not soon.
      if (!on.stops(code)) lost(`closed ${code} ${reason}`, /10(0[237-9]|1[03])/.test(`${code}`) ? FULL_MS : 0);
    };
  }

  function say(message: object) {
    if (socket?.readyState !== 1 || socket.bufferedAmount > MAX_BUFFERED) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  function subscribe() {
    // Those that are still wanted come again with what follows; the replay goes on where they were.
    if (asked.length) say({ type: "unsubscribe", payload: { channels: asked } });
    asked = on.channels();
    const since = log.ask(asked);
    phase = "asked";
    isFresh = !since;
    hasState = false;
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
    const nextAt = now() + PULSE_MS;
    pulsing(PULSE_MS, () => {
      pulse();
      if (Math.abs(now() - nextAt) > JUMP_MS) on.jumped();
      else if (mono() - beatAt >= HEARTBEAT_MS) probe(LIFE_MS);
    });
  }

  function hear(message: Message) {
    const { type, payload, timestamp, asOf } = message as Envelope;
    const isAnswer = type === "heartbeat_response";
    if (type === "subscribed") {
      if (phase === "asked") {
        // Unasked, a slow client is brought up to date: the answer is still to come.
        if (`${[...payload.channels].sort()}` !== `${asked}`) return;
        // Other channels are wanted by now, or polling found a place: what follows that one is wanted.
        if (`${on.channels()}` !== `${asked}` || (isFresh && log.cursor())) return subscribe();
      }
      connecting();
      log.answered(payload);
      ({ replayed: left, seq: end } = payload);
      phase = "told";
      caughtUp();
    }
    if (type === "draining") returnMs = Math.min(payload.reconnectAfterMs, LONGEST_RETURN_MS);
    if (type === "error" && payload.ref === SUBSCRIBE) {
      return payload.code === "not_allowed" ? void on.stops(4403) : lost(payload.message);
    }
    clock.told(timestamp, isAnswer || type === "connected" ? askedAt : undefined);
    on.put(message);
    if (asOf || (isAnswer && phase === "told")) hasState = true;
    check();
  }

  function entry(message: Message) {
    // Of an earlier subscription: the answer to the new one covers it.
    if (phase === "asked") return;
    // Which no server should do. Over this connection nobody could tell the answer to another question from an old one.
    if ((left && (message.seq as number) > end) || !log.entry(message)) return lost("hole");
    if (!left) return;
    left -= 1;
    caughtUp();
  }

  function caughtUp() {
    if (left) return;
    log.told(end);
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
    say,
    phase: () => phase,
    resubscribe() {
      if (/told|live/.test(phase)) subscribe();
    },
  };
}
