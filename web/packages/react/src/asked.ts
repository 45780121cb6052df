"use client";
// What is asked of the server once for a page, however many hooks show it: at the first that looks, again when told to.

import type { Client } from "@kilat/client";
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { useKilatOf } from "./known.js";

/** An answer, shared by all hooks of one client. */
export interface Asked<T> {
  get(): T;
  watch(listener: () => void): () => void;
  /** Asks, unless it is being asked; soon after the last time only when that while is over. `over` is who has a reason. */
  again(over: Client): void;
  /** Asks, unless there is an answer. */
  once(over: Client): void;
}

/** Whatever happens, the server is asked twice a minute at most. */
const GAP_MS = 30_000;

type Ask<T> = (client: Client, over: Client) => Promise<T>;

function asked<T>(client: Client, blank: T, ask: Ask<T>): Asked<T> {
  const listeners = new Set<() => void>();
  let value = blank;
  let isAnswered = false;
  let isAsking = false;
  let askedAt = -Infinity;
  let later: ReturnType<typeof setTimeout> | undefined;
  async function again(over: Client) {
    if (isAsking || later) return;
    const waitMs = askedAt + GAP_MS - performance.now();
    if (waitMs > 0) {
      later = setTimeout(() => {
        later = undefined;
        void again(over);
      }, waitMs);
      return;
    }
    isAsking = true;
    try {
      value = await ask(client, over);
      askedAt = performance.now();
      isAnswered = true;
      for (const listener of [...listeners]) listener();
    } catch {
      // The link says that there is none; it is asked again once there is one.
    } finally {
      isAsking = false;
    }
  }
  return {
    get: () => value,
    watch(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size || !later) return;
        clearTimeout(later);
        later = undefined;
        // Whoever looks next finds out.
        isAnswered = false;
      };
    },
    again: (over) => void again(over),
    once: (over) => void (isAnswered || again(over)),
  };
}

/** Names a question: what is known before its answer, and how it is asked. */
export function question<T>(blank: T, ask: Ask<T>) {
  const all = new WeakMap<Client, Asked<T>>();
  const of = (client: Client) => {
    const known = all.get(client) ?? asked(client, blank, ask);
    all.set(client, known);
    return known;
  };
  return { of, blank };
}

type Question<T> = ReturnType<typeof question<T>>;

/** The answer, and how to ask again. `over` is the client whose link says that it is worth another try. */
export function useAsked<T>({ of, blank }: Question<T>, client: Client, over: Client, isOn: boolean): [T, () => void] {
  const shared = useMemo(() => of(client), [of, client]);
  const isUp = useKilatOf(over, hasAnswer);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link that is there again is worth another try
  useEffect(() => {
    if (isOn) shared.once(over);
  }, [shared, over, isOn, isUp]);
  const value = useSyncExternalStore(shared.watch, shared.get, () => blank);
  return [value, useCallback(() => void (isOn && shared.again(over)), [shared, over, isOn])];
}

const hasAnswer = (_: unknown, { link }: { readonly link: string }) => link === "live" || link === "polling";
