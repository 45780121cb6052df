// Calls of the server: one that changes something, once; one that reads, with its age and its failure.

import type { CallName, CallOptions, CallTable } from "@kilat/client";
import { KilatError } from "@kilat/client";
import { call } from "@kilat/client/call";
import { useCallback, useEffect, useRef, useState } from "react";
import { client } from "./client.js";
import { signedOut } from "./session.js";

/** An HTTP call. Whoever is signed out meanwhile stands before the door. Refused with a `KilatError`. */
export async function ask<C extends CallName>(name: C, options?: CallOptions<C>): Promise<CallTable[C]["answer"]> {
  try {
    return await call(client, name, options);
  } catch (error) {
    if (error instanceof KilatError && error.status === 401) signedOut();
    throw error;
  }
}

/** What was read, when, and what became of the last attempt. What stood there stays while it is read anew. */
export interface Read<T> {
  readonly value: T | null;
  /** When it was read, by this device's monotonic clock. */
  readonly atMs: number | null;
  readonly error: KilatError | null;
  readonly isReading: boolean;
  reload(): void;
}

/** Reads with GET: once, when `options` or `again` change, and every so often if `everyMs` says so, while somebody looks. */
export function useRead<C extends CallName>(
  name: C,
  options: CallOptions<C> & { everyMs?: number; again?: unknown } = {},
): Read<CallTable[C]["answer"]> {
  type Answer = CallTable[C]["answer"];
  const { everyMs, again, ...call } = options;
  const key = JSON.stringify([name, call]);
  const [state, setState] = useState<Omit<Read<Answer>, "reload"> & { key: string }>({
    key,
    value: null,
    atMs: null,
    error: null,
    isReading: true,
  });
  const generation = useRef(0);
  const given = useRef(call);
  given.current = call;
  const reload = useCallback(() => {
    const mine = ++generation.current;
    // Of another question, the old answer is no answer.
    setState((old) =>
      old.key === key ? { ...old, isReading: true } : { ...old, key, value: null, atMs: null, isReading: true },
    );
    ask(name, given.current as unknown as CallOptions<C>).then(
      (value) => {
        if (mine === generation.current)
          setState({ key, value, atMs: performance.now(), error: null, isReading: false });
      },
      (error: unknown) => {
        if (mine !== generation.current) return;
        setState((old) => ({
          ...old,
          error: error instanceof KilatError ? error : new KilatError("broken", `${error}`),
          isReading: false,
        }));
      },
    );
  }, [name, key]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` is the caller's reason to read anew
  useEffect(() => {
    reload();
    return () => {
      generation.current += 1;
    };
  }, [reload, again]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => document.hidden || reload(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, reload]);
  return {
    value: state.key === key ? state.value : null,
    atMs: state.atMs,
    error: state.error,
    isReading: state.isReading,
    reload,
  };
}
