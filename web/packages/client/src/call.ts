// Commands: HTTP calls with a key of their own, made once and never by themselves again.

import type { CallName, CallOptions, CallTable, Client } from "./api.js";
import { KilatError } from "./error.js";
import { CALL_MS } from "./patience.js";

/**
 * An HTTP call, once, never by itself again. Refused with a `KilatError`: the server's `code` and `remedy`, `no_link` when
 * no answer came: it may have been done all the same, ask again with the same `key`.
 */
export async function call<C extends CallName>(
  client: Pick<Client, "fetch">,
  name: C,
  { path = {}, query, body, key, timeoutMs = CALL_MS }: CallOptions<C> = {},
): Promise<CallTable[C]["answer"]> {
  const [method = "", template = ""] = name.split(" ");
  const target = template.replace(/{(\w+)}/g, (_, part) => encodeURIComponent(path[part] ?? ""));
  // A key different enough for the wishes of one page; `crypto.randomUUID` is not there on plain HTTP.
  const headers = { "content-type": "application/json", "idempotency-key": key ?? `${Date.now()}-${Math.random()}` };
  const init = {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(method === "GET" ? {} : { headers }),
  };
  let answer: Response;
  let said: CallTable[C]["answer"] & { code?: string; error?: string; remedy?: string };
  try {
    answer = await client.fetch(`${target}?${new URLSearchParams(query)}`, init);
    said = await answer.json();
  } catch (error) {
    throw new KilatError("no_link", `${name} had no answer: ${error}`);
  }
  if (answer.ok) return said;
  throw new KilatError(said.code ?? "refused", said.error ?? name, said.remedy, answer.status);
}
