// How many notices stand open, for the badge. The server counts; what comes meanwhile is counted here, so that it is
// asked once a minute at most however many come.

import type { Notification } from "@kilat/client";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ask } from "../live/ask.js";
import { client } from "../live/client.js";

/** The server is asked so often at most while notices keep coming: until then they are counted here. */
const ASK_MS = 60_000;

let open = 0;
let askedAt = -Infinity;
let next: ReturnType<typeof setTimeout> | undefined;
let isAsking = false;
let isDirty = false;
const watchers = new Set<() => void>();

function become(count: number) {
  open = Math.max(0, count);
  for (const told of watchers) told();
}

/** Counts a notice as the server will, but for what was folded together; its own count follows. */
function heard({ state, timestamp, updatedAt }: Notification) {
  // It tells of a moment: nothing stands open for it.
  if (state === "told") return;
  if (state === "open" && updatedAt === timestamp) become(open + 1);
  if (state === "resolved") become(open - 1);
  next ??= setTimeout(count, Math.max(0, askedAt + ASK_MS - performance.now()));
}

async function count() {
  clearTimeout(next);
  next = undefined;
  askedAt = performance.now();
  // One question at a time; what comes meanwhile is counted by the next.
  isDirty = true;
  if (isAsking) return;
  isAsking = true;
  while (isDirty) {
    isDirty = false;
    try {
      const answer = await ask("GET /api/notifications", { query: { limit: "1" } });
      become(answer.open);
    } catch {
      // The badge stays as it was; the link's own state says that nothing is heard. Asked again at the next notice.
    }
  }
  isAsking = false;
}

function watch(told: () => void) {
  watchers.add(told);
  return () => void watchers.delete(told);
}

/** Called once by the shell: keeps the count true while it is shown. */
export function useCountNotices(): void {
  const [isLive, setIsLive] = useState(false);
  useEffect(() => {
    const undo = [
      client.on("notification", heard),
      client.on("@missed", count),
      client.on("@status", ({ link }) => setIsLive(link === "live" || link === "polling")),
    ];
    return () => {
      for (const end of undo) end();
    };
  }, []);
  useEffect(() => {
    if (isLive) count();
  }, [isLive]);
}

export function useOpenNotices(): number {
  return useSyncExternalStore(watch, () => open);
}

/** After somebody acknowledged one on this page. */
export const countNotices: () => void = () => void count();
