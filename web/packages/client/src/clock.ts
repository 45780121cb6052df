// Time: named timers, the server's clock, ages that no clock can make younger.

import type { Held } from "./api.js";
import type { Environment } from "./env.js";
import { PROMPT_MS } from "./patience.js";

/** Runs something once, after so long, in the place of what waited before; without anything to run, only that is ended. */
export interface Timer {
  (ms?: number, run?: () => void): void;
  waits(): boolean;
}

export interface Clock {
  timer(): Timer;
  /** The server said what time it is: just now, in answer to what was asked at that wall time, or at some time before. */
  told(timestamp: string, askedAt?: number): void;
  /** The server's clock less this one; 0 while unknown. */
  skewMs(): number;
  /** By the monotonic clock: when a server's moment was. */
  born(asOfMs: number): number;
  ageMs(held: Held<unknown>): number;
}

export function createClock({ now, mono, setTimeout, clearTimeout }: Environment): Clock {
  let skew = -Infinity;
  const skewMs = () => (Number.isFinite(skew) ? skew : 0);
  return {
    timer() {
      let handle: unknown;
      const timer: Timer = (ms = 0, run) => {
        clearTimeout(handle);
        handle =
          run &&
          setTimeout(() => {
            handle = undefined;
            run();
          }, ms);
      };
      timer.waits = () => handle !== undefined;
      return timer;
    },
    told(timestamp, askedAt = -Infinity) {
      const ahead = Date.parse(timestamp) - now();
      // A message takes time on its way, and may have waited, while the machine slept too: one that answers at once is
      // believed, of others the one that makes the server's clock latest.
      if (ahead > skew || Math.abs(now() - askedAt) < PROMPT_MS) skew = ahead;
    },
    skewMs,
    born: (asOfMs) => mono() - Math.max(0, now() + skewMs() - asOfMs),
    // The wall clock runs while a machine sleeps, the monotonic one does not turn back: the older of both is true.
    ageMs: ({ bornMs, asOfMs }) => Math.max(0, mono() - bornMs, now() + skewMs() - asOfMs),
  };
}
