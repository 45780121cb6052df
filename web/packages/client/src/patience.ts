// How long things may take, in milliseconds, and how much may wait. Each with its reason.

/** From the first packet to the end of the handshake, on a venue's Wi-Fi. */
export const CONNECT_MS = 8_000;
/** From `subscribe` to `subscribed`: a server that counts what was missed reads up to an hour of its journal. */
export const ANSWER_MS = 30_000;
/** Half of what the server waits before it takes a silent client for gone. */
export const HEARTBEAT_MS = 30_000;
/** Nothing heard for so long after a question: the connection is dead, whatever the browser believes. */
export const LIFE_MS = 10_000;
/** The same after a wake-up, where somebody looks at the page. */
export const WAKE_MS = 3_000;
/** The first wait before another attempt; it doubles. */
export const FIRST_WAIT_MS = 500;
/** As long as somebody who looks at the page would wait. */
export const LONGEST_WAIT_MS = 20_000;
/** The same while polling shows what is so: two attempts a minute on average, and with two polls fewer than six calls. */
export const LONGEST_BEHIND_MS = 60_000;
/** What a server that is full asks for. */
export const FULL_MS = 5_000;
/** A server's wish when to come back is followed up to here. */
export const LONGEST_RETURN_MS = 300_000;
/** A connection that was live for so long was no failure. */
export const STEADY_MS = 10_000;
/** The attempt at whose failure polling is announced, whether it has answered or not. */
export const ANNOUNCED_AFTER = 5;
/** Between polls; states may be shown for 35 s. */
export const POLL_MS = 30_000;
export const POLL_TIMEOUT_MS = 10_000;
/** Viewers that lose a server at once do not ask it at once. */
export const SPREAD_MS = 1_000;
/** A page that nobody saw for so long lets its socket go. */
export const HIDDEN_MS = 300_000;
/** Longer than any remount or change of a route, so that neither reconnects. */
export const GRACE_MS = 5_000;
/** What was not said by then is late: nobody means it any more. */
export const SEND_MS = 5_000;
export const CALL_MS = 10_000;
/** Ten times a second. */
export const FLUSH_MS = 100;
/** What may be told sooner, once it was quiet: a photo is announced first, and the state with it comes right behind. */
export const BURST_MS = 250;
/** Less than a frame: what a server tells together is told together. */
export const GATHER_MS = 5;
/** An answer that took no longer tells the server's time. */
export const PROMPT_MS = 3_000;
/** How often the clocks are compared, and silence is noticed. */
export const PULSE_MS = 5_000;
/** The wall clock moved by so much more or less than a timer waited: the machine slept, or the clock was set. */
export const JUMP_MS = 2_500;
/** Messages that wait for a connection. */
export const MAX_UNSENT = 32;
/** Bytes that the browser may hold back before nothing more is said: the socket takes nothing. */
export const MAX_BUFFERED = 65_536;
/** Messages that wait for the next flush; more are told at once. */
export const MAX_PENDING = 1_000;
