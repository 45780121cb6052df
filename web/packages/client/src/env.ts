// Everything that the client needs from outside, so that tests can give their own. Read at the first use, not at import.

/** What of a WebSocket is used. */
export interface Socket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(): void;
}

/** What the page tells of itself. */
export type PageEvent = "visibilitychange" | "pagehide" | "pageshow" | "freeze" | "resume" | "online" | "offline";

/** The page that the client lives in. */
export interface Page {
  isHidden(): boolean;
  /** Calls `told` for each of its events; `isCached` where the back/forward cache has a part in it. Returns the undo. */
  listen(told: (event: PageEvent, isCached: boolean) => void): () => void;
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
  page: Page | null;
  /** Where a listener's own failure goes: it must not stop the others. */
  report(error: unknown): void;
}

const EVENTS: PageEvent[] = ["visibilitychange", "pagehide", "pageshow", "freeze", "resume", "online", "offline"];

function page(): Page | null {
  if (typeof document === "undefined") return null;
  return {
    isHidden: () => document.hidden,
    listen(told) {
      const hear = (event: Event) => told(event.type as PageEvent, !!(event as PageTransitionEvent).persisted);
      // Those of the window, and those of the document, which a window hears only where they bubble.
      const all = EVENTS.map(
        (name, place) => [place === 0 || name === "freeze" || name === "resume" ? document : window, name] as const,
      );
      for (const [target, name] of all) target.addEventListener(name, hear);
      return () => {
        for (const [target, name] of all) target.removeEventListener(name, hear);
      };
    },
  };
}

export function environment(own: Partial<Environment> = {}): Environment {
  return {
    connect: (url) => new WebSocket(url) as unknown as Socket,
    fetch: (url, init) => fetch(url, init),
    now: () => Date.now(),
    mono: () => performance.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    random: () => Math.random(),
    page: page(),
    report: (error) => console.error(error),
    ...own,
  };
}
