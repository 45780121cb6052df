// How this device follows: live, or by asking every so often. The studio decides it in the settings; whoever chose
// otherwise on this device has it so. Absent: how old a state may be; that stays as the server says.

import type { SystemSettingsAnswer } from "@kilat/client";
import { useEffect, useSyncExternalStore } from "react";
import { useRead } from "./ask.js";
import { keep, kept } from "./choices.js";
import { client } from "./client.js";
import { useReturn } from "./kept.js";

export type Choice = "studio" | "live" | "asking";

export interface Follow {
  readonly choice: Choice;
  readonly isLive: boolean;
  /** Between two questions, while there is no socket. */
  readonly everyMs: number;
}

type Studio = Pick<SystemSettingsAnswer, "useRealtime" | "pollingInterval">;

/** Without a socket, where nobody chose to be without. */
const FALLBACK_MS = 30_000;
/** Somebody may change the settings meanwhile. */
const REREAD_MS = 600_000;

/** What a device does, by what was chosen on it and what the studio says, where that is known. */
export function followOf(choice: Choice, studio: Studio | null): Follow {
  const isLive = choice === "live" || (choice === "studio" && (studio?.useRealtime ?? true));
  return { choice, isLive, everyMs: isLive ? FALLBACK_MS : (studio?.pollingInterval ?? FALLBACK_MS) };
}

let studio: Studio | null = null;
let follow = followOf(choiceOf(kept("follow")), studio);
const watchers = new Set<() => void>();
apply();

function choiceOf(text: string | null): Choice {
  return text === "live" || text === "asking" ? text : "studio";
}

function apply() {
  client.setRealtime(follow.isLive, follow.everyMs);
  for (const told of watchers) told();
}

export function chooseFollow(choice: Choice): void {
  keep("follow", choice);
  follow = followOf(choice, studio);
  apply();
}

export function useFollow(): Follow {
  return useSyncExternalStore(
    (told) => {
      watchers.add(told);
      return () => void watchers.delete(told);
    },
    () => follow,
  );
}

/** What the studio decided, as it was just read or saved. */
export function studioSays(settings: Studio): void {
  if (studio?.useRealtime === settings.useRealtime && studio.pollingInterval === settings.pollingInterval) return;
  studio = settings;
  follow = followOf(follow.choice, studio);
  apply();
}

/** Keeps to what the studio decides, while it is rendered. */
export function useStudio(): void {
  const { value } = useRead("GET /api/admin/system/settings", { everyMs: REREAD_MS, again: useReturn() });
  useEffect(() => {
    if (value) studioSays(value);
  }, [value]);
}
