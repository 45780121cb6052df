// Notices as a person reads them: which stand open and how loud, which were seen, which are over; and what to do.

import type { Notification } from "@kilat/client";
import type { Sentence as AnySentence } from "../../words/words.js";
import type { en } from "./words.en.js";

export type Sentence = AnySentence<keyof typeof en>;

/** What was read by pages and what came live, one an id: the one that changed last. Newest first. */
export function merged(...lists: readonly (readonly Notification[])[]): Notification[] {
  const known = new Map<string, Notification>();
  for (const notice of lists.flat()) {
    const other = known.get(notice.id);
    // Later lists win a tie: they came later.
    if (!other || Date.parse(notice.updatedAt) >= Date.parse(other.updatedAt)) known.set(notice.id, notice);
  }
  return [...known.values()].sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
}

export interface Parted {
  /** Nobody has seen them: the loudest first. */
  readonly open: readonly Notification[];
  /** Somebody has, and the cause lasts. */
  readonly seen: readonly Notification[];
  readonly past: readonly Notification[];
}

/** What ended just now stands on top, however long it lasted. */
const endMs = ({ resolvedAt, timestamp }: Notification) => Date.parse(resolvedAt ?? timestamp);

const LOUDNESS: Record<Notification["priority"], number> = { critical: 0, high: 1, medium: 2, low: 3 };

/** `all`: newest first. */
export function parted(all: readonly Notification[]): Parted {
  const loudest = (a: Notification, b: Notification) => LOUDNESS[a.priority] - LOUDNESS[b.priority];
  return {
    open: all.filter(({ state }) => state === "open").sort(loudest),
    seen: all.filter(({ state }) => state === "acknowledged").sort(loudest),
    past: all.filter(({ state }) => state === "resolved" || state === "told").sort((a, b) => endMs(b) - endMs(a)),
  };
}

/** What to do: a sentence, and where, or what Kilat can be asked for. */
export interface Next {
  /** Absent where the notice itself says what to do, in every language. */
  readonly sentence?: Sentence;
  readonly page?: "storage" | "backups" | "cameras" | "machine" | "now" | "photos";
  readonly command?: "retry" | "resume";
}

/** By what it is about; null for what told of a moment, or is over. */
export function next({ about = "", type, state }: Pick<Notification, "about" | "type" | "state">): Next | null {
  if (state === "resolved" || state === "told") return null;
  const [what] = about.split(":");
  switch (what) {
    case "source":
      return { sentence: { key: "next.source" }, page: "cameras" };
    case "destination":
      return { sentence: { key: "next.destination" }, page: "storage" };
    case "copies":
      return { sentence: { key: "next.copies" }, command: "retry" };
    case "files":
      return { sentence: { key: "next.files" }, page: "now" };
    case "copying":
      return { sentence: { key: "next.copying" }, command: "resume" };
    case "found":
      return { sentence: { key: "next.found" }, page: "backups" };
    case "backup":
    case "verify":
      return { sentence: { key: "next.backup" }, page: "backups" };
    case "target":
      return { sentence: { key: "next.target" } };
    case "folder":
      return { page: "machine" };
    default:
      return fallback(type);
  }
}

function fallback(type: Notification["type"]): Next {
  if (type === "storage_warning") return { page: "machine" };
  if (type === "backup_failed") return { sentence: { key: "next.backup" }, page: "backups" };
  if (type === "camera_disconnected") return { sentence: { key: "next.source" }, page: "cameras" };
  return { page: "machine" };
}

/** At most one sound in so long: a storm of alerts is one noise. */
export const QUIET_MS = 30_000;

/** Whether this notice may be heard, the last one having been heard at `lastMs` of the same clock. */
export function isHeard(
  notice: Pick<Notification, "priority" | "state" | "showToast">,
  lastMs: number,
  nowMs: number,
): boolean {
  const { priority, state, showToast } = notice;
  return priority === "critical" && state === "open" && showToast && nowMs - lastMs >= QUIET_MS;
}
