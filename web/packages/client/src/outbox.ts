// What is said while there is no connection: for a few seconds, a few messages, and then never.

import type { Clock } from "./clock.js";
import { KilatError } from "./error.js";
import { MAX_UNSENT, SEND_MS } from "./patience.js";

export interface Outbox {
  send(message: object): Promise<void>;
  /** Says what waits, if it is not too late. */
  flush(): void;
  /** Refuses what waits, and whatever comes. */
  close(): void;
}

export function createOutbox(clock: Clock, say: (message: object) => boolean): Outbox {
  const again = clock.timer();
  /** Each tells whether it is settled. */
  let unsent: ((refusal?: string) => boolean)[] = [];
  let closed = "";

  function flush() {
    unsent = unsent.filter((settle) => !settle());
    // Looked at again before long, so that nobody waits for the refusal of what is late.
    again(1_000, unsent.length ? flush : undefined);
  }
  return {
    flush,
    close() {
      closed = "closed";
      flush();
    },
    send: (message) =>
      new Promise((resolve, reject) => {
        const until = clock.mono() + SEND_MS;
        unsent.push((refusal = closed || (clock.mono() < until ? "" : "expired")) => {
          if (refusal) reject(new KilatError(refusal));
          else if (say(message)) resolve();
          else return false;
          return true;
        });
        if (unsent.length > MAX_UNSENT) unsent.pop()?.("queue_full");
        else flush();
      }),
  };
}
