// What the status says of the links behind the server: never more than is known.
//
// What `now` told of them is told on only while it is fresh; afterwards they are unknown, and the viewer's own link says
// why.

import type { Held, LinkView, Status } from "./api.js";
import { freeze } from "./store.js";
import type { Now } from "./wire.js";

const UNKNOWN = { state: "unknown", since: null, what: null } as const;
const NAMES = ["source", "camera", "storage"] as const;

/** The viewer's own part. */
export type Own = Omit<Status, "isConnected" | "isStale" | (typeof NAMES)[number]>;

/** The status as it is now: the same object when nothing changed. */
export function statusOf(before: Status | undefined, own: Own, now: Held<Now> | null, isStale: boolean): Status {
  const next = { ...own, isConnected: own.link === "live", isStale } as Record<string, unknown>;
  for (const name of NAMES) {
    const link = (!isStale && now?.value.links?.[name]) || UNKNOWN;
    next[name] = same<LinkView>(before?.[name], { ...link, isStale: isStale && !!now });
  }
  return same(before, next as unknown as Status);
}

function same<T extends object>(before: T | undefined, next: T): T {
  const isSame = ([name, value]: [string, unknown]) => before?.[name as keyof T] === value;
  return before && Object.entries(next).every(isSame) ? before : freeze(next);
}
