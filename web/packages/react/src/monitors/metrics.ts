"use client";
// The machine, asked every so often while somebody looks; one question at a time.

import type { Held, KilatError, MachineMetrics } from "@kilat/client";
import { call } from "@kilat/client/call";
import { useCallback, useEffect, useRef, useState } from "react";
import { useKilatClient } from "../context.js";

export interface Metrics {
  /** The last answer, with its age; null before the first. */
  readonly held: Held<MachineMetrics> | null;
  /** When it came, by `Date.now()`. */
  readonly answeredMs: number;
  /** Why the last question had no answer, and since when there is none. */
  readonly failure: { readonly error: KilatError; readonly sinceMs: number } | null;
  /** Asks now; why there was no answer, if so. */
  ask(): Promise<KilatError | null>;
}

/** An answer may take so long, and a timer be so late. */
const LATE_MS = 15_000;
/** After a question without an answer the next one is not later: it may be there again. */
const RETRY_MS = 30_000;
/** By so much a timer may be early. */
const EARLY_MS = 1_000;

export function useMetrics(everyMs: number): Metrics {
  const client = useKilatClient();
  const [known, setKnown] = useState<Omit<Metrics, "ask">>({ held: null, answeredMs: 0, failure: null });
  const isAsking = useRef(false);
  const hasFailed = useRef(false);
  const asked = useRef({ client, atMs: -Infinity });
  const ask = useCallback(async () => {
    if (isAsking.current) return null;
    isAsking.current = true;
    try {
      const answer = await call(client, "GET /api/admin/monitoring", { query: { type: "metrics" } });
      const asOfMs = Date.parse(
        answer.type === "metrics" ? (answer.data.measuredAt ?? answer.timestamp) : answer.timestamp,
      );
      const held = {
        value: answer.data,
        key: "metrics",
        channel: "system",
        seq: 0,
        asOfMs,
        maxAgeMs: everyMs + LATE_MS,
      };
      const bornMs = performance.now() - client.ageMs({ ...held, bornMs: Infinity } as Held<unknown>);
      setKnown({ held: { ...held, bornMs } as Held<MachineMetrics>, answeredMs: Date.now(), failure: null });
      hasFailed.current = false;
      return null;
    } catch (error) {
      hasFailed.current = true;
      setKnown(({ failure, ...last }) => ({
        ...last,
        failure: { error: error as KilatError, sinceMs: failure?.sinceMs ?? Date.now() },
      }));
      return error as KilatError;
    } finally {
      isAsking.current = false;
    }
  }, [client, everyMs]);
  useEffect(() => {
    if (asked.current.client !== client) asked.current = { client, atMs: -Infinity };
    const askIfDue = () => {
      const waitMs = hasFailed.current ? Math.min(everyMs, RETRY_MS) : everyMs;
      if (document.hidden || performance.now() - asked.current.atMs < waitMs - EARLY_MS) return;
      asked.current.atMs = performance.now();
      void ask();
    };
    askIfDue();
    const timer = setInterval(askIfDue, Math.min(everyMs, RETRY_MS));
    document.addEventListener("visibilitychange", askIfDue);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", askIfDue);
    };
  }, [client, ask, everyMs]);
  return { ...known, ask };
}
