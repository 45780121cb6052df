// The way without a socket: one question for all channels, every 30 s, while somebody looks.
//
// Only one is under way at a time; the answer to one that was given up is not read.

import type { Message, Missed, Patience, Stop } from "./api.js";
import type { Clock } from "./clock.js";
import type { Environment } from "./env.js";
import type { Log } from "./log.js";
import type { Channel, ChannelPage } from "./wire.js";

export interface PollEvents {
  message(message: Message, isEntry: boolean): void;
  missed(missed: Missed): void;
  /** States of these types were not sent again, because they are still so. */
  unchanged(types: ReadonlySet<string>, askedAt: number): void;
  answered(): void;
  failed(why: string): void;
  stop(stop: Stop): void;
}

export interface Poller {
  /** Asks after so long, and every 30 s from then on. */
  begin(inMs: number): void;
  end(): void;
  isOn(): boolean;
  setEvery(ms: number): void;
}

export function createPoller(
  env: Environment,
  clock: Clock,
  log: Log,
  patience: Patience,
  http: { base: () => string; init: () => RequestInit },
  channels: () => readonly Channel[],
  on: PollEvents,
): Poller {
  let everyMs = patience.pollMs;
  let isOn = false;
  let abort: AbortController | null = null;
  /** The name of the states that are known, of which channels, and which types came with it. */
  let tag: string | null = null;
  let tagged = "";
  let types: ReadonlySet<string> = new Set();

  function end() {
    isOn = false;
    clock.never("poll", "pollEnd");
    abort?.abort();
    abort = null;
  }

  async function ask() {
    const mine = new AbortController();
    abort = mine;
    const isLate = () => abort !== mine;
    const askedAt = env.mono();
    clock.later("pollEnd", patience.pollTimeoutMs, () => {
      mine.abort();
      // An answer that ignores the abort is not waited for.
      if (!isLate()) done("the server does not answer", everyMs);
    });
    const names = channels().join(",");
    const since = log.ask(channels());
    if (names !== tagged) tag = null;
    const init = http.init();
    const headers = { ...(init.headers as Record<string, string>), ...(tag && { "if-none-match": tag }) };
    try {
      const query = since ? `&since=${encodeURIComponent(`${since.epoch}:${since.seq}`)}` : "";
      const url = `${http.base()}/api/channels?channels=${names}${query}`;
      const answer = await env.fetch(url, { ...init, headers, cache: "no-store", signal: mine.signal });
      if (isLate()) return;
      const { status } = answer;
      if (status === 401 || status === 403) {
        end();
        return on.stop({ code: status, why: status === 401 ? "not_signed_in" : "not_allowed" });
      }
      if (status === 304) {
        on.unchanged(types, askedAt);
        return done(null, everyMs);
      }
      if (!answer.ok) return done(`polling was answered with ${status}`, everyMs);
      const page = (await answer.json()) as ChannelPage;
      if (isLate()) return;
      // To the second, and as old as the way here took: better than nothing, and corrected by what follows.
      clock.told(answer.headers.get("date"), true);
      const isWhole = take(page);
      tag = answer.headers.get("etag");
      tagged = names;
      types = new Set(page.messages.filter((message) => message.asOf).map(({ type }) => type));
      done(null, isWhole && page.more ? 0 : everyMs);
    } catch (error) {
      if (!isLate()) done(`polling failed: ${error}`, everyMs);
    }
  }

  function done(failure: string | null, againMs: number) {
    abort = null;
    clock.never("pollEnd");
    clock.later("poll", againMs, ask);
    if (failure === null) on.answered();
    else on.failed(failure);
  }

  /** Whether nothing was left out, which no server should do: then it is asked again from the same place. */
  function take(page: ChannelPage): boolean {
    const missed = log.answered(page);
    if (missed) on.missed(missed);
    for (const message of page.messages) {
      if (!message.prev) {
        clock.told(message.timestamp, false);
        on.message(message, false);
        continue;
      }
      const verdict = log.entry(message);
      if (verdict === "next") on.message(message, true);
      if (verdict === "hole") {
        log.brokeOff();
        return false;
      }
    }
    log.told(page.epoch, page.seq);
    return true;
  }

  return {
    end,
    isOn: () => isOn,
    begin(inMs) {
      end();
      isOn = true;
      clock.later("poll", inMs, ask);
    },
    setEvery(ms) {
      everyMs = ms;
    },
  };
}
