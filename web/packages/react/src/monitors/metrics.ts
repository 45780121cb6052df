"use client";
// The machine, asked every so often while somebody looks; one question at a time.

import type { Held, KilatError, MachineMetrics } from "@kilat/client";
import { call } from "@kilat/client/call";
import { useCallback, useEffect, useRef, useState } from "react";
import { useKilatClient } from "../context.js";

export interface Metrics {
  /** The last answer, with its age; null before the first. */
  readonly held: Held<MachineMetrics> | null;
  /** Why the last question had no answer, and since when there is none. */
  readonly failure: { readonly error: KilatError; readonly sinceMs: number } | null;
  ask(): Promise<void>;
}

/** An answer may take so long, and a timer be so late. */
const LATE_MS = 15_000;

export function useMetrics(everyMs: number): Metrics {
  const client = useKilatClient();
  const [known, setKnown] = useState<Pick<Metrics, "held" | "failure">>({ held: null, failure: null });
  const isAsking = useRef(false);
  const ask = useCallback(async () => {
    if (isAsking.current) return;
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
      setKnown({ held: { ...held, bornMs } as Held<MachineMetrics>, failure: null });
    } catch (error) {
      setKnown(({ held, failure }) => ({
        held,
        failure: { error: error as KilatError, sinceMs: failure?.sinceMs ?? Date.now() },
      }));
    } finally {
      isAsking.current = false;
    }
  }, [client, everyMs]);
  useEffect(() => {
    let askedAt = -Infinity;
    const askIfDue = () => {
      if (document.hidden || performance.now() - askedAt < everyMs) return;
      askedAt = performance.now();
      void ask();
    };
    askIfDue();
    const timer = setInterval(askIfDue, everyMs);
    document.addEventListener("visibilitychange", askIfDue);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", askIfDue);
    };
  }, [ask, everyMs]);
  return { ...known, ask };
}
