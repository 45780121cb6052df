// Where a monitor reads from: the page's client, or, with its real-time switch off, a client without a socket.
//
// That one asks over the first, so that it comes in by the same door; all monitors of one rhythm share it.

import {
  type CallName,
  type Channel,
  type Client,
  createClient,
  type Environment,
  KilatError,
  type Status,
} from "@kilat/client";
import { useEffect, useMemo } from "react";
import { useKilatOf } from "../known.js";

const twins = new WeakMap<Client, Map<number, Client>>();

/** Asks for the states every so often, over no socket. */
function twinOf(client: Client, everyMs: number): Client {
  const own = twins.get(client) ?? new Map<number, Client>();
  twins.set(client, own);
  const known = own.get(everyMs);
  if (known) return known;
  const twin = createClient({ env: { fetch: (url, init) => ask(client, url, init) } });
  twin.setRealtime(false, everyMs);
  own.set(everyMs, twin);
  return twin;
}

const ask: (client: Client, ...of: Parameters<Environment["fetch"]>) => Promise<Response> = async (
  client,
  url,
  { method = "GET", body, headers },
) => {
  const { pathname, searchParams } = new URL(url, "http://kilat");
  const key = (headers as Record<string, string>)["idempotency-key"];
  const query = Object.fromEntries(searchParams);
  try {
    const answer = await client.call(
      `${method} ${pathname}` as CallName,
      {
        query,
        ...(body ? { body: JSON.parse(body as string) } : {}),
        ...(key ? { key } : {}),
      } as never,
    );
    return new Response(JSON.stringify(answer));
  } catch (error) {
    if (!(error instanceof KilatError) || !error.status) throw error;
    const { code, message, remedy, status } = error;
    return new Response(JSON.stringify({ code, error: message, remedy }), { status });
  }
};

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
