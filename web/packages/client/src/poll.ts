// The way without a socket: one question for all channels, every 30 s, while somebody looks.
//
// Only one is under way at a time; the answer to one that was given up is not read.

import type { Client, Message } from "./api.js";
import type { Clock } from "./clock.js";
import type { Log } from "./log.js";
import { POLL_TIMEOUT_MS } from "./patience.js";
import type { Channel, ChannelPage } from "./wire.js";

export interface PollEvents {
  channels(): Channel[];
  put(message: Message): void;
  /** Between two questions. */
  everyMs(): number;
  /** What became of the last one: nothing to say, or why it failed. */
  polled(failure: string): void;
  /** Whether somebody must sign in: it was ended then. */
  stops(code: number): boolean;
}

export interface Poller {
  /** Asks after so long, and every 30 s from then on. */
  begin(inMs: number): void;
  end(): void;
  isOn(): boolean;
}

export function createPoller(clock: Clock, log: Log, http: Client["fetch"], on: PollEvents): Poller {
  const next = clock.timer();
  const patience = clock.timer();
  let abort: AbortController | null = null;
  /** The states that are known, of which channels, and their name. */
  let known: Message[] = [];
  let knownOf = "";
  let tag: string | null = null;

  function end() {
    next();
    patience();
    abort?.abort();
    abort = null;
  }

  async function ask() {
    const mine = new AbortController();
    abort = mine;
    const until = clock.mono() + POLL_TIMEOUT_MS;
    // One that waited while the machine slept says nothing of now; the time-out says so.
    const isLate = () => abort !== mine || clock.mono() > until;
    const askedAt = clock.now();
    patience(POLL_TIMEOUT_MS, () => {
      end();
      // An answer that does not heed the abort is not waited for.
      done("no_answer");
    });
    const channels = on.channels();
    const names = `${channels}`;
    const since = log.ask(channels);
    const path = `/api/channels?channels=${names}${since ? `&since=${since.epoch}:${since.seq}` : ""}`;
    const headers = tag && names === knownOf ? { "if-none-match": tag } : {};
    try {
      const answer = await http(path, { cache: "no-store", signal: mine.signal, headers });
      const { status } = answer;
      const page: ChannelPage | false = answer.ok && (await answer.json());
      if (isLate() || on.stops(status)) return;
      if (page) {
        tag = answer.headers.get("etag");
        knownOf = names;
        done("", take(page, askedAt) ? 0 : on.everyMs());
      } else {
        if (status === 304) confirm(answer.headers.get("date"), askedAt);
        done(status === 304 ? "" : `status ${status}`);
      }
    } catch (error) {
      if (!isLate()) done(`${error}`);
    }
  }

  function done(failure: string, againMs = on.everyMs()) {
    abort = null;
    patience();
    next(againMs, ask);
    on.polled(failure);
  }

  /** Nothing changed: what was so is still so. Another origin may not be shown the date. */
  function confirm(date: string | null, askedAt: number) {
    const asOf = new Date(date ?? clock.serverNow()).toISOString();
    clock.told(asOf, askedAt);
    for (const message of known) on.put({ ...message, asOf });
  }

  /** Whether there is more to ask for at once. */
  function take(page: ChannelPage, askedAt: number): boolean {
    log.answered(page);
    known = [];
    for (const message of page.messages) {
      if (!message.prev) {
        // Made while it was asked for: nearly the server's time.
        clock.told(message.timestamp, known.length ? undefined : askedAt);
        known.push(message);
        on.put(message);
      }
      // Something was left out, which no server should do: asked again from before it.
      else if (!log.entry(message)) return false;
    }
    log.told(page.seq);
    return page.more;
  }

  return {
    end,
    isOn: () => next.waits() || !!abort,
    begin(inMs) {
      end();
      next(inMs, ask);
    },
  };
}
