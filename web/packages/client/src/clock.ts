// Time: named timers, the server's clock, ages that no clock can make younger.

import type { Held } from "./api.js";
import type { Environment } from "./env.js";
import { PROMPT_MS } from "./patience.js";

/** Runs something once, after so long, in the place of what waited before; without anything to run, only that is ended. */
export interface Timer {
  (ms?: number, run?: () => void): void;
  waits(): boolean;
}

export interface Clock extends Pick<Environment, "now" | "mono"> {
  timer(): Timer;
  /** The server said what time it is: just now, in answer to what was asked at that wall time, or at some time before. */
  told(timestamp: string, askedAt?: number): void;
  /** What the server's clock shows; this one while that is unknown. */
  serverNow(): number;
  /** Of something held, or of a moment by the server's clock. */
  ageMs(of: Held<unknown> | string): number;
}

export function createClock({ now, mono, setTimeout, clearTimeout }: Environment): Clock {
  /** The server's clock less this one. */
  let skewMs: number | undefined;
  const serverNow = () => now() + (skewMs || 0);
  return {
    now,
    mono,
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
      const aheadMs = Date.parse(timestamp) - now();
      // A message takes time on its way, and may have waited, while the machine slept too: one that answers at once is
      // believed, of others the one that makes the server's clock latest.
      if (aheadMs > (skewMs ?? -Infinity) || Math.abs(now() - askedAt) < PROMPT_MS) skewMs = aheadMs;
    },
    serverNow,
    ageMs(of) {
      // The wall clock runs while a machine sleeps, the monotonic one does not turn back: the older of both is true.
      const { bornMs, asOfMs } = typeof of === "string" ? { bornMs: Infinity, asOfMs: Date.parse(of) } : of;
      return Math.max(0, mono() - bornMs, serverNow() - asOfMs);
    },
  };
}
