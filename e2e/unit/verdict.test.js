// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";

import { verdict } from "../../crates/kilat-server/ui/verdict.js";
import { busy, changed, demoNow, empty, live, trouble } from "../states.js";

test("all copies proven is safe", () => {
  const answer = verdict(live(), 0);
  assert.equal(answer.kind, "safe");
  assert.deepEqual(answer.title, ["verdict.safe", { n: 410 }]);
});

test("what is too old is never safe", () => {
  const now = live();
  assert.equal(verdict(now, now.maxAgeMs).kind, "safe");
  assert.equal(verdict(now, now.maxAgeMs + 1).kind, "stale");
  assert.equal(verdict(null, 0).kind, "busy");
});

test("a destination that is down comes before everything else", () => {
  const answer = verdict(trouble(), 0);
  assert.equal(answer.kind, "trouble");
  assert.equal(answer.title[0], "verdict.destinationDown");
});

test("a photo that was given up is trouble, however many are safe", () => {
  const now = changed(live(), { counts: { ...live().counts, failed: 1, safe: 409 } });
  assert.equal(verdict(now, 0).kind, "trouble");
});

test("many on their way are not yet safe, and the cards may not be formatted", () => {
  const answer = verdict(busy(), 0);
  assert.equal(answer.kind, "busy");
  assert.ok(answer.detail.some(([key]) => key === "detail.notYet"));
});

test("a few on their way leave the verdict safe and are named", () => {
  const now = changed(live(), { counts: { ...live().counts, held: 412, waiting: 2 } });
  const answer = verdict(now, 0);
  assert.equal(answer.kind, "safe");
  assert.deepEqual(answer.detail[0], ["detail.more", { n: 2 }]);
});

test("a pause, a cut-off file and a low disk are not safe", () => {
  assert.equal(verdict(changed(live(), { paused: true }), 0).kind, "busy");
  for (const kind of /** @type {const} */ (["incomplete", "unreadable", "vanished", "too_large", "disk_low"])) {
    const problem = { id: "x", kind, what: "a.NEF", message: "", since: live().serverTime, action: null };
    assert.equal(verdict(changed(live(), { problems: [problem] }), 0).kind, "busy", kind);
  }
});

test("photos that no storage is due to hold are never called safe", () => {
  const counts = { shot: null, held: 3, stored: 0, safe: 0, waiting: 0, failed: 0, incomplete: 0 };
  assert.equal(verdict(changed(live(), { counts }), 0).kind, "busy");
});

test("nothing yet is ready, and says where to put the first photo", () => {
  const answer = verdict(empty(), 0);
  assert.equal(answer.kind, "ready");
  assert.equal(answer.detail[0]?.[1]?.["folder"], empty().sources[0]?.path);
  assert.equal(verdict(demoNow(), 0).kind, "safe");
});
