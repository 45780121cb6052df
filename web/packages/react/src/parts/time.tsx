"use client";
// Ages: one timer for all of them, and only the text that changed is rendered.

import type { Held } from "@kilat/client";
import { type ReactNode, useSyncExternalStore } from "react";
import { useKilatClient } from "../context.js";
import { useSpeech } from "./speak.js";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let second = 0;

function tick(): void {
  second += 1;
  for (const listener of [...listeners]) listener();
}

function watchSeconds(listener: () => void): () => void {
  // Each its own, so that one function can be given twice.
  const own = () => listener();
  listeners.add(own);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(own);
    if (listeners.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Read again each second; rendered when it is another one. `blank` is what a server renders. */
export function useEachSecond<T extends string | number | boolean>(read: () => T, blank: T): T {
  let known: { at: number; value: T } | undefined;
  // React looks twice, and must see the same although time has passed.
  const value = () => {
    if (known?.at !== second) known = { at: second, value: read() };
    return known.value;
  };
  return useSyncExternalStore(watchSeconds, value, () => blank);
}

/** Something held, or a moment (RFC 3339) by the server's clock. */
export type Moment = Held<unknown> | string;

function useAgeMs(): (of: Moment) => number {
  const { ageMs } = useKilatClient();
  return (of) => {
    if (typeof of !== "string") return ageMs(of);
    // By the wall clocks alone: nothing tells when this page learnt of it.
    return ageMs({ asOfMs: Date.parse(of), bornMs: Infinity } as Held<unknown>);
  };
}

export interface AgeProps {
  readonly of: Moment | null | undefined;
  /** Says it in a sentence. */
  readonly as?: "measured" | undefined;
}

/** How old it is, as it grows. */
export function Age({ of, as }: AgeProps): ReactNode {
  const { age, t } = useSpeech();
  const ageOf = useAgeMs();
  const text = useEachSecond(() => (of ? age(ageOf(of)) : ""), "");
  return text ? <span className="kl-age">{as ? t(as, { age: text }) : text}</span> : null;
}

/** Whether it is too old to be shown as live; polled on purpose, it may be as old as the interval. */
export function useIsStale(held: Held<unknown> | null | undefined, everyMs = 0): boolean {
  const ageOf = useAgeMs();
  return useEachSecond(
    () => !!held && ageOf(held) > Math.max(held.maxAgeMs ?? Infinity, everyMs ? everyMs + LATE_MS : 0),
    false,
  );
}

/** An answer may take so long, and a timer be so late. */
const LATE_MS = 15_000;
