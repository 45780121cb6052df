// Reads that outlive a lost link: what was read last stays while a page is away, and is read anew when the link is back.

import { useEffect, useRef, useState } from "react";
import type { Read } from "./ask.js";
import { useStatus } from "./live.js";

/** Another number each time that this device has found Kilat again: a reason to read anew. */
export function useReturn(): number {
  const { link } = useStatus();
  const [returns, setReturns] = useState(0);
  const wasLost = useRef(false);
  useEffect(() => {
    if (link === "none" || link === "asleep") wasLost.current = true;
    if (!wasLost.current || (link !== "live" && link !== "polling")) return;
    wasLost.current = false;
    setReturns((count) => count + 1);
  }, [link]);
  return returns;
}

/** A value for each question, as many as there are pages. */
const kept = new Map<string, { value: unknown; atMs: number | null }>();

/** What `useRead` gave; before the first answer, what another look at the page had been given, with its age. */
export function useKept<T>(question: string, read: Read<T>): Read<T> {
  const { value, atMs } = read;
  useEffect(() => {
    if (value !== null) kept.set(question, { value, atMs });
  }, [question, value, atMs]);
  const old = kept.get(question);
  return value === null && old ? { ...read, value: old.value as T, atMs: old.atMs } : read;
}
