// Where a monitor reads from: the page's client, or, with its real-time switch off, a client without a socket.
//
// That one asks over the first, so that it comes in by the same door; all monitors of one rhythm share it.

import { type Asked, type Channel, type Client, createClient, type Status } from "@kilat/client";
import { useEffect, useMemo } from "react";
import { useKilatOf } from "../known.js";

const twins = new WeakMap<Client, Map<number, Client>>();

/** Asks for the states every so often, over no socket. */
function twinOf(client: Client, everyMs: number): Client {
  const own = twins.get(client) ?? new Map<number, Client>();
  twins.set(client, own);
  const known = own.get(everyMs);
  if (known) return known;
  // With the address, the credentials and the headers of the first.
  const fetch = (path: string, { credentials: _, ...init }: RequestInit) => client.fetch(path, init as Asked);
  const twin = createClient({ env: { fetch } });
  twin.setRealtime(false, everyMs);
  own.set(everyMs, twin);
  return twin;
}

const hasAnswer = (_: unknown, { link }: Status) => /polling|none|stopped/.test(link);

/** Until the first answer what was known before stays on the screen. */
export function useFeed(client: Client, channels: readonly Channel[], isRealtime: boolean, everyMs: number): Client {
  const twin = useMemo(() => twinOf(client, everyMs), [client, everyMs]);
  const isReady = useKilatOf(twin, hasAnswer);
  useEffect(() => {
    // Also while what shows it is broken: it must find something newer when it is loaded again.
    return channels.length ? (isRealtime ? client : twin).subscribe(channels) : undefined;
  }, [client, twin, channels, isRealtime]);
  return isRealtime || !isReady ? client : twin;
}
