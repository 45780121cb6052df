import assert from "node:assert/strict";
import { test } from "node:test";
import type { PhotoView } from "@kilat/client";
import { busiest, paceOf } from "../src/pages/photos/pace.js";

const NOW = Date.parse("2026-11-21T16:00:30Z");
const photos = (...minutesAgo: number[]) =>
  minutesAgo.map((ago) => ({ filedAt: new Date(NOW - ago * 60_000).toISOString() }) as PhotoView);

test("an hour is counted by minutes where everything was read, or what was read reaches so far", () => {
  const pace = paceOf(photos(0, 0, 2, 59, 61), true, NOW);
  assert.equal(pace?.minutes.length, 60);
  assert.deepEqual([pace?.all, pace?.most, pace?.isWhole], [4, 2, true]);
  assert.deepEqual(
    pace?.minutes.filter(({ photos }) => photos > 0).map(({ photos }) => photos),
    [1, 1, 2],
  );
  assert.equal(paceOf(photos(0, 1, 70), false, NOW)?.isWhole, true);
});

test("what was not read is not drawn as quiet: it begins after the minute of the oldest one", () => {
  const pace = paceOf(photos(0, 1, 3), false, NOW);
  assert.equal(pace?.isWhole, false);
  assert.equal(pace?.minutes.length, 3);
  assert.equal(pace?.all, 2);
});

test("fewer than two photos are no pace, a clock that is ahead is now, and a table has what came, newest first", () => {
  assert.equal(paceOf(photos(5), true, NOW), null);
  assert.equal(paceOf([], true, NOW), null);
  const ahead = paceOf(photos(-3, 0), true, NOW);
  assert.equal(ahead?.minutes.at(-1)?.photos, 2);
  assert.deepEqual(
    busiest(paceOf(photos(0, 7, 7, 9), true, NOW)?.minutes ?? [], 2).map(({ photos }) => photos),
    [1, 2],
  );
});
