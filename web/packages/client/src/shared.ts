// The one client of a page, as the browser's console and old pages know it.

import type { Client, ClientOptions } from "./api.js";
import { createClient } from "./client.js";

// Written out in full: Next.js puts the value in the place of exactly this expression.
declare const process: { env: { NEXT_PUBLIC_WS_URL?: string } };

let options: ClientOptions = {};
let client: Client | undefined;

/** Says how the page's client is made. One that is in use already is closed: say it before the first `getWebSocketClient()`. */
export function configure(next: ClientOptions): void {
  client?.close();
  client = undefined;
  options = next;
}

/** The page's one client. It connects at the first `subscribe`. */
export function getWebSocketClient(): Client {
  if (!client) {
    client = createClient({ ...options, url: options.url ?? named() });
    // For the lines that people type into a console.
    Object.assign(globalThis, { getWebSocketClient });
  }
  return client;
}

function named(): string | undefined {
  try {
    return process.env.NEXT_PUBLIC_WS_URL;
  } catch {
    // No bundler put a value there, and a browser has no `process`.
  }
}
