// What is known of each storage, from the live state and from the list of names.

import type { DestinationRow, DestinationView, Disk, Medium, Now, SafetyView } from "@kilat/client";
import { placeName } from "../../live/names.js";

export interface Place {
  readonly id: string;
  /** As people call it. */
  readonly name: string;
  readonly path: string;
  readonly kind: DestinationView["kind"];
  /** Null where this viewer may not see it and the address does not tell. */
  readonly medium: Medium | null;
  readonly isOffSite: boolean | null;
  /** Only an operator's may be removed here. */
  readonly namedBy: DestinationRow["namedBy"] | null;
  readonly isUp: boolean;
  readonly since: string;
  readonly reason: string | null;
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /** Until it is full, at the pace of the last ten minutes. */
  readonly hoursUntilFull: number | null;
  readonly speed: number | null;
  /** Photos of the event in use that are proven there; null while nobody counted. */
  readonly copies: number | null;
  readonly waiting: number;
}

export interface Sources {
  readonly now: Now;
  readonly rows: readonly DestinationRow[] | null;
  readonly disks: readonly Disk[] | null;
  readonly safety: SafetyView | null;
}

/** Those that take nothing first; then uploads, then backups, each by name. */
export function placesOf({ now, rows, disks, safety }: Sources): Place[] {
  const places = now.destinations.map((view): Place => {
    const row = rows?.find(({ id }) => id === view.id);
    const disk = disks?.find(({ usedFor }) => usedFor.includes(`destination ${view.id}`));
    const counted =
      safety && safety.eventId === now.event?.id ? safety.places.find(({ id }) => id === view.id) : undefined;
    return {
      id: view.id,
      name: placeName(view.id, view.path),
      path: view.path,
      kind: view.kind,
      medium: row?.medium ?? counted?.medium ?? mediumOf(view.path),
      isOffSite: row?.offSite ?? counted?.offSite ?? null,
      namedBy: row?.namedBy ?? null,
      isUp: view.up,
      since: view.since,
      reason: view.reason ?? null,
      freeBytes: view.freeBytes,
      totalBytes: view.totalBytes,
      hoursUntilFull: disk?.hoursUntilFull ?? null,
      speed: view.speedBytesPerSecond,
      copies: view.kind === "upload" ? view.stored : safety ? (counted?.photos ?? 0) : null,
      waiting: view.waiting,
    };
  });
  const rank = ({ isUp, kind }: Place) => (isUp ? (kind === "upload" ? 1 : 2) : 0);
  return places.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

const MEDIA: Readonly<Record<string, Medium>> = {
  s3: "s3",
  webdav: "web_dav",
  webdavs: "web_dav",
  sftp: "sftp",
  gdrive: "drive",
  restic: "vault",
};

/** What an address says of itself. */
export function mediumOf(path: string): Medium {
  const scheme = /^([a-z0-9]+):/i.exec(path)?.[1]?.toLowerCase();
  return (scheme && MEDIA[scheme]) || "disk";
}

/** Below this, Kilat itself gives notice: a high one, then a critical one. */
const LOW_BYTES = 5e9;
const CRITICAL_BYTES = 5e8;

export type Room = "enough" | "low" | "critical";

export function roomOf({ freeBytes }: Pick<Place, "freeBytes">): Room {
  if (freeBytes === null || freeBytes >= LOW_BYTES) return "enough";
  return freeBytes < CRITICAL_BYTES ? "critical" : "low";
}
