// The photos that were read, newest first, and how they are kept true while more arrive and copies are made.
//
// The order is the cameras' clocks', so a card that is read late brings photos into the middle: what was read is compared
// with the server's count, and read anew where it does not fit. Absent: React.

import type { PhotoList, PhotoView } from "@kilat/client";

export type Fetch = (before: string | null, limit: number) => Promise<PhotoList>;

export interface Photos {
  readonly photos: readonly PhotoView[];
  /** Where the next page begins; null once everything was read. */
  readonly next: string | null;
}

/** As many as the server gives at once. */
export const PAGE = 200;
/** Pages that are read anew for photos whose copies are not done, in one go. */
const MOST_PAGES = 3;

/** The newest page, and what was read before behind it. */
export async function readTop(known: Photos, fetch: Fetch): Promise<Photos> {
  const top = await fetch(null, PAGE);
  return join(top, known);
}

/** A page in its place: what stands behind its last photo stays. One that fits nowhere begins anew. */
export function join(page: PhotoList, known: Photos): Photos {
  const last = page.photos.at(-1);
  if (!last || page.next === null) return { photos: page.photos, next: page.next };
  const at = known.photos.findIndex(({ id }) => id === last.id);
  if (at < 0) return { photos: page.photos, next: page.next };
  return {
    photos: [...page.photos, ...known.photos.slice(at + 1)],
    next: known.photos.length > at + 1 ? known.next : page.next,
  };
}

/** One page more. */
export async function readMore(known: Photos, fetch: Fetch): Promise<Photos> {
  if (known.next === null) return known;
  const page = await fetch(known.next, PAGE);
  const ids = new Set(known.photos.map(({ id }) => id));
  return { photos: [...known.photos, ...page.photos.filter(({ id }) => !ids.has(id))], next: page.next };
}

/** The newest ones, and those whose copies were not done when they were read. */
export async function refresh(known: Photos, held: number, fetch: Fetch): Promise<Photos> {
  let photos = await readTop(known, fetch);
  for (let page = 0, from = PAGE; page < MOST_PAGES; page += 1) {
    const at = photos.photos.findIndex(({ state }, place) => place >= from && state !== "stored");
    if (at < 0) break;
    const before = photos.photos[at - 1];
    if (!before) break;
    const again = await fetch(before.id, PAGE);
    const states = new Map(again.photos.map((photo) => [photo.id, photo]));
    photos = { ...photos, photos: photos.photos.map((photo) => states.get(photo.id) ?? photo) };
    from = at + PAGE;
  }
  // Everything was read, and there are others: some came into the middle.
  if (photos.next === null && photos.photos.length !== held && photos.photos.length > PAGE) {
    return { photos: photos.photos.slice(0, PAGE), next: photos.photos[PAGE - 1]?.id ?? null };
  }
  return photos;
}
