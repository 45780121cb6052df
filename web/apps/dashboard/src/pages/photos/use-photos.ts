// The list of photos for React: read as far as somebody scrolls, kept true by what the server tells.

import { KilatError, type PhotoView } from "@kilat/client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ask } from "../../live/ask.js";
import { useLive, useNow, useStatus } from "../../live/live.js";
import { type Fetch, type Photos, readMore, refresh } from "./list.js";

/** Between two questions for what changed, at least. */
const GAP_MS = 1_500;

const read: Fetch = (before, limit) =>
  ask("GET /api/photos", { query: { limit: String(limit), ...(before !== null && { before }) } });

export interface Shown {
  readonly photos: readonly PhotoView[];
  readonly isEnd: boolean;
  readonly isRead: boolean;
  readonly error: KilatError | null;
  more(): void;
  reload(): void;
}

export function usePhotos(): Shown {
  const now = useNow()?.value;
  const { link } = useStatus();
  const missed = useLive((snapshot) => snapshot.missed);
  const [list, setList] = useState<Photos | null>(null);
  const [error, setError] = useState<KilatError | null>(null);
  const known = useRef<Photos>({ photos: [], next: null });
  const held = useRef(0);
  held.current = now?.counts.held ?? 0;
  /** One question at a time; wishes of a kind that come meanwhile are one, and none is forgotten. */
  const work = useRef({ isBusy: false, wants: new Set<"more" | "refresh">(), atMs: 0, isGone: false });

  const run = useCallback(async (wish: "more" | "refresh") => {
    const own = work.current;
    // Nothing was read yet, or everything was.
    if (wish === "more" && known.current.next === null) return;
    own.wants.add(wish);
    if (own.isBusy) return;
    own.isBusy = true;
    while (own.wants.size > 0 && !own.isGone) {
      // Whoever scrolls waits for more; what changed can wait a moment.
      const next = own.wants.has("more") ? "more" : "refresh";
      const waitMs = next === "refresh" ? own.atMs + GAP_MS - performance.now() : 0;
      if (waitMs > 0) {
        await new Promise((done) => setTimeout(done, waitMs));
        if (own.wants.has("more")) continue;
      }
      own.wants.delete(next);
      if (next === "refresh") own.atMs = performance.now();
      try {
        const list = known.current;
        known.current = next === "more" ? await readMore(list, read) : await refresh(list, held.current, read);
        if (own.isGone) break;
        setList(known.current);
        setError(null);
      } catch (failure) {
        if (own.isGone) break;
        setError(failure instanceof KilatError ? failure : new KilatError("broken", `${failure}`));
        own.wants.clear();
      }
    }
    own.isBusy = false;
  }, []);

  const counts = now?.counts;
  const key = JSON.stringify([
    now?.event?.id,
    counts?.held,
    counts?.stored,
    counts?.safe,
    counts?.failed,
    counts?.waiting,
  ]);
  const isLinked = link === "live" || link === "polling";
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are the reasons to read anew
  useEffect(() => {
    if (isLinked) run("refresh");
  }, [key, missed, isLinked, run]);
  useEffect(() => {
    work.current.isGone = false;
    return () => {
      work.current.isGone = true;
      work.current.isBusy = false;
    };
  }, []);

  // What the live state says of the newest is newer than what was read.
  const newest = now?.newest;
  const photos = useMemo(() => {
    const states = new Map(newest?.map((photo) => [photo.id, photo]));
    return (list?.photos ?? newest ?? []).map((photo) => states.get(photo.id) ?? photo);
  }, [list, newest]);
  return {
    photos,
    isEnd: list?.next === null,
    isRead: list !== null,
    error,
    more: useCallback(() => void run("more"), [run]),
    reload: useCallback(() => void run("refresh"), [run]),
  };
}
