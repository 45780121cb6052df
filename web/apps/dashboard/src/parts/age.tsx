// How old something is, told anew each second.

import { useChoices } from "../live/choices.js";
import { serverTime, useTime } from "../live/live.js";
import { age, clock } from "../words/times.js";

/** "3 s ago", "at 16:04". `at`: RFC 3339, by the server's clock. */
export function Age({ at }: { at: string }) {
  const { language } = useChoices();
  const nowMs = useTime();
  return <time dateTime={at}>{age(language, Date.parse(at), nowMs)}</time>;
}

/** The age of what `useRead` gave: it is counted by this device's monotonic clock. */
export function ReadAge({ atMs }: { atMs: number }) {
  const { language } = useChoices();
  const nowMs = useTime();
  const agoMs = performance.now() - atMs;
  return <time>{age(language, nowMs - agoMs, nowMs)}</time>;
}

/** A moment by the clock, with its day when that was another one. */
export function Clock({ at }: { at: string }) {
  const { language } = useChoices();
  return <time dateTime={at}>{clock(language, Date.parse(at), serverTime())}</time>;
}
