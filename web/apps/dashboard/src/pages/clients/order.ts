// Who needs a look: those that take nothing, then those behind, then the rest in the order of their coming.

import type { ClientView } from "@kilat/client";

/** Behind by so many messages, a viewer is called slow: what one flush holds is no reason. */
const SLOW_BEHIND = 20;

export function isSlow(client: ClientView): boolean {
  return client.blockedSeconds !== undefined || client.behind > SLOW_BEHIND;
}

export function slowFirst(clients: readonly ClientView[]): ClientView[] {
  const weight = (client: ClientView) => (client.blockedSeconds !== undefined ? 2 : isSlow(client) ? 1 : 0);
  return [...clients].sort((a, b) => weight(b) - weight(a) || b.connectedSeconds - a.connectedSeconds);
}

/** What a browser calls itself, as people would: "Chrome, Android". */
export function device(agent: string | undefined): string | null {
  if (!agent) return null;
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /OPR\//.test(agent)
      ? "Opera"
      : /SamsungBrowser\//.test(agent)
        ? "Samsung Internet"
        : /Firefox\/|FxiOS\//.test(agent)
          ? "Firefox"
          : /Chrome\/|CriOS\//.test(agent)
            ? "Chrome"
            : /Safari\//.test(agent)
              ? "Safari"
              : null;
  const system = /iPhone/.test(agent)
    ? "iPhone"
    : /iPad/.test(agent)
      ? "iPad"
      : /Android/.test(agent)
        ? "Android"
        : /Macintosh/.test(agent)
          ? "Mac"
          : /Windows/.test(agent)
            ? "Windows"
            : /Linux/.test(agent)
              ? "Linux"
              : null;
  const named = [browser, system].filter((name) => name !== null).join(", ");
  // A program of somebody's own: its first word.
  return named || (agent.split(/[\s(]/)[0] ?? null);
}
