// Which notifications were cleared or read on this page: shared by all hooks, bounded, told to no server.

import type { Notification } from "@kilat/client";

interface Cleared {
  readonly cleared: ReadonlySet<string>;
  readonly read: ReadonlySet<string>;
  /** Those that went last: an undo brings them back. */
  readonly last: readonly string[];
}

/** Some nights of notifications; of more the oldest are forgotten. */
const MOST = 500;
const nobody: Cleared = { cleared: new Set(), read: new Set(), last: [] };
const listeners = new Set<() => void>();
let state = nobody;

/** One that is told again because nobody has seen it is another one. */
export const nameOf = ({ id, escalations = 0 }: Notification): string => `${id}:${escalations}`;

const more = (before: ReadonlySet<string>, names: readonly string[]) => new Set([...before, ...names].slice(-MOST));

function become(next: Partial<Cleared>) {
  state = { ...state, ...next };
  for (const listener of [...listeners]) listener();
}

export const getCleared = (): Cleared => state;
export const getNobody = (): Cleared => nobody;

export function watchCleared(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function clear(notices: readonly Notification[]): void {
  const names = notices.map(nameOf);
  if (names.length) become({ cleared: more(state.cleared, names), last: names });
}

export function undoClear(): void {
  const back = new Set(state.last);
  become({ cleared: new Set([...state.cleared].filter((name) => !back.has(name))), last: [] });
}

export function read(notices: readonly Notification[]): void {
  become({ read: more(state.read, notices.map(nameOf)) });
}
