"use client";
// Reading what the client knows: one store, memoised selectors, and the same nothing on the server and while hydrating.

import {
  type Channel,
  type Client,
  createClient,
  type KnownType,
  type Listener,
  type OwnEvents,
  type Snapshot,
  type Status,
} from "@kilat/client";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { useKilatClient } from "./context.js";

/** Picks what a component shows. What it picks is compared one level deep. */
export type Selector<T> = (known: Snapshot, status: Status) => T;

const NONE: readonly Channel[] = [];
let blank: Client | undefined;

/** Nothing known, at no time: what a server renders, and a page until it has hydrated. */
function nothing(): Client {
  const never = { now: () => 0, mono: () => 0, setTimeout: () => 0, clearTimeout() {}, page: undefined };
  blank ??= createClient({ env: never });
  return blank;
}

/** The same, or objects whose parts are the same. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Object(one) !== one || Object(other) !== other) return false;
  const [a, b] = [one, other] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && Object.is(a[name], b[name]));
}

/** Watches channels for as long as the component is there. */
export function useChannels(channels: readonly Channel[]): void {
  const client = useKilatClient();
  const names = `${channels}`;
  useEffect(() => {
    return names ? client.subscribe(names.split(",") as Channel[]) : undefined;
  }, [client, names]);
}

/**
 * Shows a part of what is known, and renders again only when that part is another one. With `channels` it also
 * watches them; without, it reads what others watch.
 */
export function useKilat<T>(select: Selector<T>, channels: readonly Channel[] = NONE): T {
  useChannels(channels);
  return useKilatOf(useKilatClient(), select);
}

/** The same of a certain client. */
export function useKilatOf<T>(client: Client, select: Selector<T>): T {
  const shown = useRef<{ value: T } | null>(null);
  const [read, readNothing] = useMemo(() => {
    const reader = (from: Client) => {
      let seen: [Snapshot, Status] | undefined;
      let value: T;
      return () => {
        const [known, status] = [from.getSnapshot(), from.getStatus()];
        if (seen?.[0] === known && seen[1] === status) return value;
        const before = seen ? { value } : shown.current;
        const next = select(known, status);
        // An inline selector is another one at each render: what it picked the last time is kept all the same.
        value = before && isSame(before.value, next) ? before.value : next;
        seen = [known, status];
        return value;
      };
    };
    return [reader(client), reader(nothing())];
  }, [client, select]);
  const value = useSyncExternalStore(client.watch, read, readNothing);
  useEffect(() => {
    shown.current = { value };
  });
  return value;
}

const ownStatus: Selector<Status> = (_, status) => status;

/** Where the four links stand: this page's own, and those behind the server. */
export function useKilatStatus(): Status {
  return useKilat(ownStatus);
}

/** Calls the listener for every message of a type, once and in order; renders nothing. Watch its channel too. */
export function useKilatEvent<T extends KnownType | keyof OwnEvents>(type: T, listener: Listener<T> | undefined): void {
  const client = useKilatClient();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  const isOn = !!listener;
  useEffect(() => {
    if (!isOn) return undefined;
    const hear: Listener<T> = (payload, message) => latest.current?.(payload, message);
    return client.on(type, hear);
  }, [client, type, isOn]);
}
