// Commands: HTTP calls with a key of their own, made once and never by themselves again.

import type { CallName, CallOptions, CallTable } from "./api.js";
import type { Environment } from "./env.js";
import { KilatError } from "./error.js";

export interface Http {
  base(): string;
  init(): RequestInit;
}

export async function call<C extends CallName>(
  env: Environment,
  http: Http,
  timeoutMs: number,
  name: C,
  options: CallOptions<C> = {},
): Promise<CallTable[C]["answer"]> {
  const [method = "", template = ""] = name.split(" ");
  const path = template.replace(/\{(\w+)\}/g, (_, part) => encodeURIComponent(options.path?.[part] ?? ""));
  const query = new URLSearchParams();
  for (const [part, value] of Object.entries(options.query ?? {})) if (value !== undefined) query.set(part, `${value}`);
  const abort = new AbortController();
  const timer = env.setTimeout(() => abort.abort(), options.timeoutMs ?? timeoutMs);
  const leave = () => abort.abort();
  options.signal?.addEventListener("abort", leave);
  if (options.signal?.aborted) leave();
  const init = http.init();
  const headers: Record<string, string> = { ...(init.headers as Record<string, string>) };
  if (method !== "GET") headers["idempotency-key"] = options.key ?? newKey(env);
  if (options.body !== undefined) headers["content-type"] = "application/json";
  try {
    const answer = await env.fetch(`${http.base()}${path}${query.size ? `?${query}` : ""}`, {
      ...init,
      method,
      headers,
      signal: abort.signal,
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    });
    const body = await answer.json().catch(() => null);
    if (answer.ok && body !== null) return body;
    const { code = "no_answer", error = `${name} was answered with ${answer.status}`, remedy = "" } = body ?? {};
    throw new KilatError(code, error, remedy, answer.status);
  } catch (error) {
    if (error instanceof KilatError) throw error;
    if (options.signal?.aborted) throw new KilatError("aborted", `${name} was given up`);
    throw new KilatError("no_link", `${name} had no answer: ${error}`, "look whether it was done, then ask again");
  } finally {
    env.clearTimeout(timer);
    options.signal?.removeEventListener("abort", leave);
  }
}

/** Different enough for the wishes of one page in one day; `crypto.randomUUID` is not there on plain HTTP. */
function newKey(env: Environment): string {
  const part = () => env.random().toString(36).slice(2);
  return `${env.now().toString(36)}-${part()}${part()}`;
}
