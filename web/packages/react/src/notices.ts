"use client";
// Notifications for a screen: newest first, without those that were cleared on this page.
//
// Those that stood open before the page was there, or when something was missed, are asked for: one question a page.

import type { Channel, Held, Notification, Snapshot, SystemStatus } from "@kilat/client";
import { call } from "@kilat/client/call";
import { useMemo, useSyncExternalStore } from "react";
import { question, useAsked } from "./asked.js";
import { clear, getCleared, getNobody, nameOf, read, undoClear, watchCleared } from "./cleared.js";
import { useKilatClient, useSurroundings } from "./context.js";
import { type Selector, useKilat, useKilatEvent, useKilatOf } from "./known.js";

export interface Notices {
  /** Newest first, at most 100. */
  readonly notifications: readonly Notification[];
  /** Clears them from this page; the server and other screens keep them. */
  clearNotifications(): void;
  /** How many went with the last clearing, and can come back. */
  readonly clearedCount: number;
  undoClear(): void;
  dismissNotification(id: string): void;
}

const heard = (known: Snapshot) => known.notification;
/** As many as a screen lists. */
const MOST = 100;

interface Open {
  readonly notices: readonly Notification[];
  /** What had been heard when it was asked: what of it was open then, and is not in the answer, is over. */
  readonly before: ReadonlySet<Held<Notification>>;
}

const open = question<Open>({ notices: [], before: new Set() }, async (client, over) => {
  const before = new Set([client, over].flatMap((from) => from.getSnapshot().notification));
  const query = { state: "open", limit: `${MOST}` };
  const { notifications, next } = await call(client, "GET /api/notifications", { query });
  // Of more than that nobody can say which are over.
  return { notices: notifications, before: next === undefined ? before : new Set() };
});

/** Each once, as it was told last. */
function merged(held: readonly Held<Notification>[], { notices, before }: Open): Notification[] {
  const opened = new Map(notices.map((notice) => [notice.id, notice]));
  const all = new Map<string, Notification>();
  for (const one of held) {
    const { value } = one;
    const asked = opened.get(value.id);
    if (all.has(value.id) || (value.state === "open" && before.has(one) && !asked)) continue;
    all.set(value.id, asked && asked.updatedAt > value.updatedAt ? asked : value);
  }
  for (const notice of notices) if (!all.has(notice.id)) all.set(notice.id, notice);
  return [...all.values()].slice(0, MOST);
}

/** Those whose type begins with one of these words; all when none is given. */
export function useNotices(kinds = "", isOn = true): Notices {
  const client = useKilatClient();
  const main = useSurroundings().main ?? client;
  const held = useKilatOf(client, heard);
  const before = useKilatOf(main, heard);
  const [opened, again] = useAsked(open, main, client, isOn);
  useKilatEvent("@missed", again);
  const cleared = useSyncExternalStore(watchCleared, getCleared, getNobody);
  const wanted = useMemo(() => {
    const words = kinds.split(" ");
    return merged([...held, ...before], opened).filter(({ type }) => words.some((word) => type.startsWith(word)));
  }, [held, before, opened, kinds]);
  return useMemo(() => {
    const notifications = wanted.filter((notice) => !cleared.cleared.has(nameOf(notice)));
    return {
      notifications,
      clearNotifications: () => clear(notifications),
      clearedCount: wanted.filter((notice) => cleared.last.includes(nameOf(notice))).length,
      undoClear,
      dismissNotification: (id) => clear(notifications.filter((notice) => notice.id === id)),
    };
  }, [wanted, cleared]);
}

export interface SystemNotificationsOptions {
  /** Whether to watch at all. */
  enabled?: boolean | undefined;
  /** For each one, once, also for those that are told again or ended. */
  onNotification?: ((notification: Notification) => void) | undefined;
}

export interface SystemNotifications extends Notices {
  readonly isConnected: boolean;
  /** Those of high and critical priority whose cause lasts, or that tell of a moment. */
  readonly criticalAlerts: readonly Notification[];
  /** Neither read or cleared on this page, nor acknowledged on another one. */
  readonly unreadCount: number;
  markAllRead(): void;
  readonly systemStatus: SystemStatus | null;
  /** Asks the server again. */
  refreshStatus(): void;
}

const SYSTEM: readonly Channel[] = ["system"];
const NONE: readonly Channel[] = [];

const system: Selector<{ isConnected: boolean; systemStatus: SystemStatus | null }> = (known, { isConnected }) => ({
  isConnected,
  systemStatus: known.system_status?.value ?? null,
});

export function useSystemNotifications(options: SystemNotificationsOptions = {}): SystemNotifications {
  const { enabled = true, onNotification } = options;
  const client = useKilatClient();
  const known = useKilat(system, enabled ? SYSTEM : NONE);
  useKilatEvent("notification", onNotification);
  const notices = useNotices("", enabled);
  const { read: seen } = useSyncExternalStore(watchCleared, getCleared, getNobody);
  return useMemo(() => {
    const { notifications } = notices;
    const lasts = notifications.filter(({ state }) => state !== "resolved" && state !== "acknowledged");
    return {
      ...known,
      ...notices,
      criticalAlerts: lasts.filter(({ priority }) => priority === "high" || priority === "critical"),
      unreadCount: lasts.filter((notice) => !seen.has(nameOf(notice))).length,
      markAllRead: () => read(notifications),
      refreshStatus: client.refresh,
    };
  }, [client, known, notices, seen]);
}
