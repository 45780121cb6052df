import assert from "node:assert/strict";
import { test } from "node:test";
import type { PhotoView } from "@kilat/client";
import { type Fetch, PAGE, type Photos, readMore, refresh } from "../src/pages/photos/list.js";

const photo = (n: number, state: PhotoView["state"] = "stored"): PhotoView => ({
  id: `p${n}`,
  name: `DSC_${n}.JPG`,
  kind: "jpeg",
  sizeBytes: 1,
  takenAt: null,
  filedAt: "2026-11-21T09:04:05Z",
  photoUrl: `/api/photos/p${n}/preview`,
  state,
});

/** A server with these photos, newest first, and how often it was asked. */
function server(photos: PhotoView[]) {
  const asked: (string | null)[] = [];
  const fetch: Fetch = async (before, limit) => {
    asked.push(before);
    const from = before === null ? 0 : photos.findIndex(({ id }) => id === before) + 1;
    const page = photos.slice(from, from + limit);
    return { photos: page, next: page.length === limit ? (page.at(-1)?.id ?? null) : null };
  };
  return { fetch, asked };
}

const NONE: Photos = { photos: [], next: null };
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, place) => photo(from - place));
const ids = (list: Photos) => list.photos.map(({ id }) => id);

test("pages are read on to the end, each photo once", async () => {
  const all = down(450, 1);
  const { fetch } = server(all);
  let list = await refresh(NONE, 450, fetch);
  while (list.next !== null) list = await readMore(list, fetch);
  assert.deepEqual(
    ids(list),
    all.map(({ id }) => id),
  );
});

test("new photos come in front of what was read, and nothing is read twice", async () => {
  const old = server(down(450, 1));
  let list = await refresh(NONE, 450, old.fetch);
  list = await readMore(list, old.fetch);
  const { fetch, asked } = server(down(460, 1));
  list = await refresh(list, 460, fetch);
  assert.deepEqual(
    ids(list).slice(0, 12),
    down(460, 449).map(({ id }) => id),
  );
  assert.equal(list.photos.length, 410);
  assert.equal(new Set(ids(list)).size, 410);
  assert.equal(asked.length, 1);
});

test("more new photos than a page leave no hole", async () => {
  let list = await refresh(NONE, 100, server(down(100, 1)).fetch);
  const { fetch } = server(down(900, 1));
  list = await refresh(list, 900, fetch);
  while (list.next !== null) list = await readMore(list, fetch);
  assert.equal(list.photos.length, 900);
});

test("a photo far down whose copies were not done is asked for again", async () => {
  const before = down(450, 1).map((one) => (one.id === "p20" ? photo(20, "waiting") : one));
  const first = server(before);
  let list = await refresh(NONE, 450, first.fetch);
  while (list.next !== null) list = await readMore(list, first.fetch);
  assert.equal(list.photos.find(({ id }) => id === "p20")?.state, "waiting");
  list = await refresh(list, 450, server(down(450, 1)).fetch);
  assert.equal(list.photos.find(({ id }) => id === "p20")?.state, "stored");
});

test("a card that is read late brings photos into the middle, and they are found", async () => {
  const some = down(600, 1).filter((_, place) => place < 250 || place >= 300);
  const first = server(some);
  let list = await refresh(NONE, some.length, first.fetch);
  while (list.next !== null) list = await readMore(list, first.fetch);
  const { fetch } = server(down(600, 1));
  list = await refresh(list, 600, fetch);
  assert.equal(list.photos.length, PAGE);
  while (list.next !== null) list = await readMore(list, fetch);
  assert.equal(list.photos.length, 600);
});

test("another event begins anew", async () => {
  let list = await refresh(NONE, 300, server(down(300, 1)).fetch);
  list = await refresh(list, 0, server([]).fetch);
  assert.deepEqual(list, { photos: [], next: null });
});
