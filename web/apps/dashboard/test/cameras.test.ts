import assert from "node:assert/strict";
import { test } from "node:test";
import type { CameraRow, CardImportAnswer } from "@kilat/client";
import { clockOf, endOf, goes, offered, sorted, stateOf, verdictOf } from "../src/pages/cameras/told.js";

function camera(id: string, more: Partial<CameraRow> = {}): CameraRow {
  return {
    id,
    name: id,
    kind: "tethered",
    way: "cable",
    state: "ready",
    heldBy: null,
    message: null,
    since: null,
    body: null,
    place: null,
    reading: null,
    lastPhotoAt: null,
    shot: 4,
    shotBy: "list",
    held: 4,
    stored: 4,
    safe: 4,
    storedAt: [],
    missing: 0,
    lost: 0,
    cutOff: 0,
    safeToFormat: { verdict: "safe", reason: "", why: [] },
    clock: null,
    offer: null,
    older: null,
    coming: null,
    ...more,
  };
}

test("only a fresh yes is green, and whatever is no yes begins with no", () => {
  const not = { verdict: "not_yet", reason: "", why: [{ what: "not_held", count: 3, names: ["A", "B"] }] } as const;
  const told = (row: CameraRow, isFresh = true) => {
    const { tone, title } = verdictOf(row, isFresh);
    return [tone, title.key];
  };
  assert.deepEqual(told(camera("a")), ["safe", "format.safe"]);
  assert.deepEqual(told(camera("a"), false), ["plain", "format.stale"]);
  const open = camera("a", {
    safeToFormat: { ...not, why: [...not.why].map((why) => ({ ...why, names: ["A", "B"] })) },
  });
  assert.deepEqual(told(open), ["trouble", "format.notYet"]);
  assert.deepEqual(told(open, false), ["trouble", "format.notYet"]);
  assert.deepEqual(verdictOf(open, true).why, [{ key: "why.notHeld", values: { n: 3, names: "A, B, …" } }]);
  assert.equal(verdictOf({ ...open, shotBy: "numbers" }, true).why[0]?.key, "why.numbers");
});

test("a camera by cable that is gone is trouble; a sender that finished and a card that was taken out are not", () => {
  const gone = (kind: CameraRow["kind"]) => stateOf(camera("a", { kind, state: "gone" })).tone;
  assert.deepEqual([gone("tethered"), gone("sender"), gone("card")], ["trouble", "plain", "plain"]);
});

test("what is lost and what fails comes first, then who delivered last", () => {
  const rows = [
    camera("old", { lastPhotoAt: "2026-11-21T10:00:00Z" }),
    camera("body", { kind: "body", state: "unknown", lastPhotoAt: "2026-11-21T12:00:00Z" }),
    camera("new", { lastPhotoAt: "2026-11-21T11:00:00Z" }),
    camera("wedged", { state: "wedged" }),
    camera("lost", { lost: 1 }),
  ];
  assert.deepEqual(
    sorted(rows).map(({ id }) => id),
    ["lost", "wedged", "new", "old", "body"],
  );
});

test("a clock is said in its two largest units", () => {
  assert.deepEqual(clockOf(-192_000), { key: "clock.behind", parts: "3 min 12 s" });
  assert.deepEqual(clockOf(3_600_000), { key: "clock.ahead", parts: "1 h" });
});

test("an import is only done when nothing of the card is missing", () => {
  const tally = {
    frames: 4,
    held: 1,
    imported: 3,
    cutOff: 0,
    unreadable: 0,
    left: 0,
    leftBytes: 0,
    older: 0,
    names: [],
  };
  const told = (state: CardImportAnswer["state"], more: Partial<typeof tally> = {}): CardImportAnswer => {
    const known = {
      success: true,
      id: "c",
      name: "C",
      since: null,
      progress: null,
      words: "the disk is full",
    } as const;
    return { ...known, state, tally: { ...tally, ...more } };
  };
  assert.deepEqual(endOf(told("done")), { key: "offer.done" });
  for (const more of [{ cutOff: 1 }, { unreadable: 1 }, { left: 1 }])
    assert.equal(endOf(told("done", more))?.key, "offer.part", JSON.stringify(more));
  assert.deepEqual(
    endOf(told("done", { older: 3 })),
    { key: "offer.doneEvent" },
    "earlier shoots are not read unasked",
  );
  assert.equal(endOf({ ...told("done"), tally: null })?.key, "offer.part", "nobody knows what was on it");
  assert.deepEqual(endOf(told("refused")), { key: "offer.refused", values: { why: "the disk is full" } });
  assert.deepEqual([endOf(told("reading")), endOf(told("asked")), endOf(told("idle"))], [null, null, null]);
  const card = camera("c", { kind: "card", offer: 17 });
  const offers = [told("offered", { left: 6 }), told("idle"), null].map((now) => offered(card, now));
  assert.deepEqual([...offers, offered(camera("d"), told("done"))], [6, 17, 17, 0]);
  assert.deepEqual([goes(told("asked")), goes(told("reading")), goes(told("pulled"))], [true, true, false]);
});
