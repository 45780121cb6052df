// Everything that the client needs from outside, so that tests can give their own. Read at the first use, not at import.

/** What of a WebSocket is used. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

/** Those events of a page after which its links are looked at. All of them reach the window. */
export const PAGE_EVENTS = ["visibilitychange", "pagehide", "pageshow", "resume", "online", "offline"] as const;
export type PageEvent = (typeof PAGE_EVENTS)[number];

/** What of a window is used. */
export interface Page {
  document: { hidden: boolean };
  addEventListener(name: PageEvent, hear: (event: { type: string }) => void): void;
  removeEventListener(name: PageEvent, hear: (event: { type: string }) => void): void;
}

export interface Environment {
  connect(url: string): Socket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** The wall clock. */
  now(): number;
  /** A clock that nobody sets. */
  mono(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
  /** None in Node. */
  page: Page | undefined;
}

export function environment(own?: Partial<Environment>): Environment {
  return {
    connect: (url) => new WebSocket(url) as unknown as Socket,
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    mono: () => performance.now(),
    setTimeout,
    clearTimeout: clearTimeout as (timer: unknown) => void,
    random: Math.random,
    page: globalThis.window,
    ...own,
  };
}
