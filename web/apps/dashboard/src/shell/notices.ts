// How many notices stand open, for the badge. The server counts; it is asked anew whenever one came or changed.

import { useEffect, useState, useSyncExternalStore } from "react";
import { ask } from "../live/ask.js";
import { client } from "../live/client.js";

let open = 0;
let isAsking = false;
let isDirty = false;
const watchers = new Set<() => void>();

async function count() {
  // One question at a time; what comes meanwhile is counted by the next.
  isDirty = true;
  if (isAsking) return;
  isAsking = true;
  while (isDirty) {
    isDirty = false;
    try {
      const answer = await ask("GET /api/notifications", { query: { limit: "1" } });
      open = answer.open;
      for (const told of watchers) told();
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
      client.on("notification", count),
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
