"use client";
// Notifications for a screen: newest first, without those that were cleared on this page.

import type { Channel, Notification, Snapshot, SystemStatus } from "@kilat/client";
import { useMemo, useSyncExternalStore } from "react";
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

/** Those whose type begins with one of these words; all when none is given. */
export function useNotices(kinds = ""): Notices {
  const client = useKilatClient();
  const held = useKilatOf(client, heard);
  const before = useKilatOf(useSurroundings().main ?? client, heard);
  const cleared = useSyncExternalStore(watchCleared, getCleared, getNobody);
  const wanted = useMemo(() => {
    const words = kinds.split(" ");
    const known = new Set(held.map(({ key }) => key));
    const all = [...held, ...before.filter(({ key }) => !known.has(key))];
    return all.map(({ value }) => value).filter(({ type }) => words.some((word) => type.startsWith(word)));
  }, [held, before, kinds]);
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
  const notices = useNotices();
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
