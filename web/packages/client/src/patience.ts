// How long things may take, and how much may wait. Each with its reason.

import type { Patience } from "./api.js";

export const PATIENCE: Patience = {
  // From the first packet to the end of the handshake, on a venue's Wi-Fi.
  connectMs: 8_000,
  // From `subscribe` to `subscribed`: a server that counts what was missed reads up to an hour of its journal.
  answerMs: 30_000,
  // Half of what the server waits before it takes a silent client for gone.
  heartbeatMs: 30_000,
  // States come every 10 s: so much silence is worth a question.
  quietMs: 15_000,
  // Nothing heard for so long after a question: the connection is dead, whatever the browser believes.
  lifeMs: 10_000,
  // The same after a wake-up, where somebody looks at the page.
  wakeMs: 3_000,
  // The first wait before another attempt; it doubles.
  firstWaitMs: 500,
  // As long as somebody who looks at the page would wait.
  longestWaitMs: 20_000,
  // What a server that is full asks for.
  fullMs: 5_000,
  // While disconnected; states may be shown for 35 s.
  pollMs: 30_000,
  pollTimeoutMs: 10_000,
  // A page that nobody saw for so long lets its socket go.
  hiddenMs: 300_000,
  // Longer than any remount or change of a route, so that neither reconnects.
  graceMs: 5_000,
  // What was said by then is late: nobody means it any more.
  sendMs: 5_000,
  callMs: 10_000,
  // Ten times a second.
  flushMs: 100,
};

/** The attempt at whose failure polling is announced, whether it has answered or not. */
export const ANNOUNCED_AFTER = 5;
/** A server's wish when to come back is followed up to here. */
export const LONGEST_RETURN_MS = 300_000;
/** Holes in a row that are asked for again over the same connection. */
export const MAX_HOLES = 3;
/** A connection that was live for so long was no failure. */
export const STEADY_MS = 10_000;
/** Messages that wait for a connection. */
export const MAX_UNSENT = 32;
/** Bytes that the browser may hold back before nothing more is said: the socket takes nothing. */
export const MAX_BUFFERED = 65_536;
/** Messages that wait for the next flush; more are told at once. */
export const MAX_PENDING = 1_000;
/** How often the clocks are compared, and silence is noticed. */
export const PULSE_MS = 5_000;
/** A timer that comes so much too late, or a wall clock that moved by so much more than time: the machine slept. */
export const JUMP_MS = 2_500;
