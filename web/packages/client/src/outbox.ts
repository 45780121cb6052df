// What is said while there is no connection: for a few seconds, a few messages, and then never.

import type { Clock } from "./clock.js";
import type { Environment } from "./env.js";
import { KilatError } from "./error.js";
import { MAX_UNSENT } from "./patience.js";

export interface Outbox {
  send(message: object): Promise<void>;
  /** Says what waits, if it is not too late. */
  flush(): void;
  close(): void;
}

interface Unsent {
  message: object;
  until: number;
  sent(): void;
  refused(error: KilatError): void;
}

export function createOutbox(
  env: Environment,
  clock: Clock,
  sendMs: number,
  say: (message: object) => boolean,
): Outbox {
  let unsent: Unsent[] = [];
  let isClosed = false;
  const refuse = ({ refused }: Unsent, code: string, why: string) =>
    refused(new KilatError(code, `the message was not sent: ${why}`, "look at getStatus().link, then say it again"));

  function flush() {
    clock.never("send");
    const now = env.mono();
    const late = unsent.filter(({ until }) => until <= now);
    unsent = unsent.filter(({ until }) => until > now);
    for (const one of late) refuse(one, "expired", "no connection came in time");
    while (unsent[0] && say(unsent[0].message)) unsent.shift()?.sent();
    if (unsent[0]) clock.later("send", unsent[0].until - now, flush);
  }
  return {
    flush,
    send: (message) =>
      new Promise<void>((sent, refused) => {
        const one = { message, until: env.mono() + sendMs, sent, refused };
        if (isClosed) return refuse(one, "closed", "the client is closed");
        if (unsent.length >= MAX_UNSENT) return refuse(one, "queue_full", "too many wait already");
        unsent.push(one);
        flush();
      }),
    close() {
      isClosed = true;
      clock.never("send");
      for (const one of unsent) refuse(one, "closed", "the client is closed");
      unsent = [];
    },
  };
}
