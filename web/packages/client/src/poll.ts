// The way without a socket: one question for all channels, every 30 s, while somebody looks.
//
// Only one is under way at a time; the answer to one that was given up is not read.

import type { Message, Missed } from "./api.js";
import type { Http } from "./call.js";
import type { Clock } from "./clock.js";
import type { Environment } from "./env.js";
import type { Log } from "./log.js";
import { POLL_TIMEOUT_MS } from "./patience.js";
import type { Channel, ChannelPage } from "./wire.js";

export interface PollEvents {
  channels(): Channel[];
  put(message: Message): void;
  missed(missed: Missed | null): void;
  /** Between two questions. */
  everyMs(): number;
  /** What became of the last one: nothing to say, or why it failed. */
  polled(failure: string): void;
  stop(code: number): void;
}

export interface Poller {
  /** Asks after so long, and every 30 s from then on. */
  begin(inMs: number): void;
  end(): void;
  isOn(): boolean;
}

export function createPoller(env: Environment, clock: Clock, log: Log, http: Http, on: PollEvents): Poller {
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
    const until = env.mono() + POLL_TIMEOUT_MS;
    // One that waited while the machine slept says nothing of now; the time-out says so.
    const isLate = () => abort !== mine || env.mono() > until;
    const askedAt = env.now();
    patience(POLL_TIMEOUT_MS, () => {
      mine.abort();
      // An answer that does not heed the abort is not waited for.
      done("no_answer");
    });
    const names = `${on.channels()}`;
    const since = log.ask(on.channels());
    const path = `/api/channels?channels=${names}${since ? `&since=${since.epoch}:${since.seq}` : ""}`;
    const condition = tag && names === knownOf ? { "if-none-match": tag } : {};
    try {
      const answer = await http(path, { cache: "no-store", signal: mine.signal }, condition);
      const { status } = answer;
      const page: ChannelPage | null = answer.ok ? await answer.json() : null;
      if (isLate()) return;
      if (status === 401 || status === 403) {
        end();
        on.stop(status);
      } else if (page) {
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
    const asOf = new Date(date ?? env.now() + clock.skewMs()).toISOString();
    clock.told(asOf, askedAt);
    for (const message of known) on.put({ ...message, asOf });
  }

  /** Whether there is more to ask for at once. */
  function take(page: ChannelPage, askedAt: number): boolean {
    on.missed(log.answered(page));
    known = page.messages.filter((message) => !message.prev);
    for (const message of known) {
      // Made while it was asked for: nearly the server's time.
      clock.told(message.timestamp, message === known[0] ? askedAt : undefined);
      on.put(message);
    }
    for (const message of page.messages.filter((message) => message.prev)) {
      const verdict = log.entry(message);
      if (verdict === "next") on.put(message);
      // Something was left out, which no server should do: asked again from before it.
      if (verdict === "hole") return false;
    }
    log.told(page.epoch, page.seq);
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
