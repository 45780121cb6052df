// What is known, for React: the state, the link, and the time by the server's clock.

import type { Held, Now, Snapshot, Status } from "@kilat/client";
import { useKilat, useKilatStatus } from "@kilat/react";
import { useSyncExternalStore } from "react";
import { client } from "./client.js";

/** Part of everything that is known; drawn anew only when that part is another one, compared one level deep. */
export function useLive<T>(select: (snapshot: Snapshot) => T): T {
  return useKilat(select);
}

const newestState = (snapshot: Snapshot) => snapshot.now;

/** The state of everything, if there ever was one. */
export function useNow(): Held<Now> | null {
  return useKilat(newestState);
}

/** This device's link, and the three behind it. */
export function useStatus(): Status {
  return useKilatStatus();
}

/** What is shown may have changed since: it is too old, or nobody answers. Nothing is green then. */
export function useIsStale(): boolean {
  const { isStale, link } = useStatus();
  return isStale || link === "none";
}

/** How often what has an age is drawn anew. */
const TICK_MS = 1_000;
const tickers = new Set<() => void>();
let timeMs = serverTime();
let timer: ReturnType<typeof setInterval> | undefined;

/** Now, by the server's clock as far as it is known, else by this device's. */
export function serverTime(): number {
  const { now } = client.getSnapshot();
  return now ? now.asOfMs + client.ageMs(now) : Date.now();
}

function tick() {
  if (document.hidden) return;
  timeMs = serverTime();
  for (const told of tickers) told();
}

function watchTime(told: () => void) {
  tickers.add(told);
  timer ??= setInterval(tick, TICK_MS);
  const undo = client.watch(() => {
    // A state may have set the clock; what is not noticed is not drawn.
    if (Math.abs(serverTime() - timeMs) > TICK_MS) tick();
  });
  return () => {
    tickers.delete(told);
    undo();
    if (tickers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
document.addEventListener("visibilitychange", tick);

/** The server's time, told once a second while somebody looks. */
export function useTime(): number {
  return useSyncExternalStore(watchTime, () => timeMs);
}
