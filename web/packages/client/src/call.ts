// Commands: HTTP calls with a key of their own, made once and never by themselves again.

import type { CallName, CallOptions, CallTable } from "./api.js";
import type { Environment } from "./env.js";
import { KilatError } from "./error.js";
import { CALL_MS } from "./patience.js";

/** Fetches a path of the server. */
export type Http = (path: string, init: RequestInit, headers: object) => Promise<Response>;

export async function call<C extends CallName>(
  { now, random }: Environment,
  http: Http,
  name: C,
  { path = {}, query, body, key, timeoutMs = CALL_MS }: CallOptions<C> = {},
): Promise<CallTable[C]["answer"]> {
  const [method, template = ""] = name.split(" ");
  const target = template.replace(/{(\w+)}/g, (_, part) => encodeURIComponent(path[part] ?? ""));
  // A key different enough for the wishes of one page; `crypto.randomUUID` is not there on plain HTTP.
  const headers = { "content-type": "application/json", "idempotency-key": key ?? `${now()}-${random()}` };
  const init = { method, body: JSON.stringify(body), signal: AbortSignal.timeout(timeoutMs) };
  let answer: Response;
  let said: CallTable[C]["answer"] & { code?: string; error?: string; remedy?: string };
  try {
    answer = await http(
      `${target}?${new URLSearchParams(query)}`,
      init as RequestInit,
      method === "GET" ? {} : headers,
    );
    said = await answer.json();
  } catch (error) {
    throw new KilatError("no_link", `${name} had no answer: ${error}`);
  }
  if (answer.ok) return said;
  throw new KilatError(said.code ?? "refused", said.error ?? name, said.remedy, answer.status);
}
