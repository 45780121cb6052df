// States of a server, as it would send them.

import type { Now, ProblemKind } from "@kilat/client";

const AT = "2026-11-21T09:04:05.000Z";

export function live(changes: Partial<Now> = {}, counts: Partial<Now["counts"]> = {}): Now {
  return {
    serverTime: AT,
    startedAt: "2026-11-21T05:04:05.000Z",
    version: "0.1.0",
    demo: false,
    event: { id: "garden-wedding", name: "Garden wedding", date: "2026-11-21", status: "active" },
    counts: { shot: null, held: 410, stored: 410, safe: 410, waiting: 0, failed: 0, incomplete: 0, ...counts },
    lastPhotoAt: AT,
    paused: false,
    ceremonyUntil: null,
    sources: [
      { id: "hot-1", kind: "hot_folder", path: "/srv/tether", online: true, since: AT, lastArrivalAt: AT, held: 212 },
    ],
    cameras: [],
    destinations: [
      {
        id: "disk-a",
        path: "/media/ssd-a/photos",
        kind: "upload",
        up: true,
        since: AT,
        stored: 410,
        waiting: 0,
        freeBytes: 212e9,
        totalBytes: 1e12,
        speedBytesPerSecond: null,
      },
    ],
    links: {
      source: { state: "up", since: AT, what: null },
      camera: { state: "unknown", since: null, what: "a hot folder cannot tell" },
      storage: { state: "up", since: AT, what: null },
    },
    newest: [],
    problems: [],
    asOf: AT,
    maxAgeMs: 35_000,
    ...changes,
  };
}

export function problem(kind: ProblemKind): Now["problems"][number] {
  return { id: kind, kind, what: "/media/ssd-b/photos", message: "", since: AT, action: null };
}
