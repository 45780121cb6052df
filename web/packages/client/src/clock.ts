// Time: named timers, the server's clock, ages that no clock can make younger.

import type { Held } from "./api.js";
import type { Environment } from "./env.js";

/** Every timer that there is. One of a name at most, so that their number is bounded. */
export type Timer =
  | "attempt"
  | "beat"
  | "connect"
  | "flush"
  | "grace"
  | "hidden"
  | "life"
  | "poll"
  | "pollEnd"
  | "send"
  | "stale";

export interface Clock {
  /** Runs it once, after so long; takes the place of one of this name. */
  later(name: Timer, ms: number, run: () => void): void;
  never(...names: Timer[]): void;
  /** Whether one of this name waits. */
  waits(name: Timer): boolean;
  /** The server said what time it is; whether just now, or at some time before. */
  told(timestamp: string | null | undefined, isNow: boolean): void;
  skewMs(): number | null;
  /** By the monotonic clock: when a server's moment was. */
  born(asOfMs: number): number;
  ageMs(held: Held<unknown>): number;
}

export function createClock({ now, mono, setTimeout, clearTimeout }: Environment): Clock {
  const timers = new Map<Timer, unknown>();
  let skew: number | null = null;
  const server = () => now() + (skew ?? 0);

  function never(...names: Timer[]) {
    for (const name of names) {
      clearTimeout(timers.get(name));
      timers.delete(name);
    }
  }
  return {
    never,
    later(name, ms, run) {
      never(name);
      const timer = setTimeout(() => {
        timers.delete(name);
        run();
      }, ms);
      timers.set(name, timer);
    },
    waits: (name) => timers.has(name),
    told(timestamp, isNow) {
      const ahead = Date.parse(timestamp ?? "") - now();
      // A message takes time on its way, and may have waited: the one that makes the server's clock latest is nearest.
      if (ahead > (isNow ? -Infinity : (skew ?? -Infinity))) skew = ahead;
    },
    skewMs: () => skew,
    born: (asOfMs) => mono() - Math.max(0, server() - asOfMs),
    // The wall clock runs while a machine sleeps, the monotonic one does not turn back: the older of both is true.
    ageMs: ({ bornMs, asOfMs }) => Math.max(0, mono() - bornMs, server() - asOfMs),
  };
}
