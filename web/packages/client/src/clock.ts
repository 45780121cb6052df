// Time: named timers, the server's clock, ages that no clock can make younger.

import type { Held } from "./api.js";
import type { Environment } from "./env.js";

/** Runs something once, after so long, in the place of what waited before; without anything to run, only that is ended. */
export interface Timer {
  (ms?: number, run?: () => void): void;
  waits(): boolean;
}

export interface Clock {
  timer(): Timer;
  /** The server said what time it is; whether just now, or at some time before. */
  told(timestamp: string, isNow: boolean): void;
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
    told(timestamp, isNow) {
      const ahead = Date.parse(timestamp) - now();
      // A message takes time on its way, and may have waited: the one that makes the server's clock latest is nearest.
      if (isNow || ahead > skew) skew = ahead;
    },
    skewMs,
    born: (asOfMs) => mono() - Math.max(0, now() + skewMs() - asOfMs),
    // The wall clock runs while a machine sleeps, the monotonic one does not turn back: the older of both is true.
    ageMs: ({ bornMs, asOfMs }) => Math.max(0, mono() - bornMs, now() + skewMs() - asOfMs),
  };
}
