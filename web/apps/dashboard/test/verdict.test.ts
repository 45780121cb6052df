import assert from "node:assert/strict";
import { test } from "node:test";
import { type Known, verdict } from "../src/pages/now/verdict.js";
import { live, problem } from "./states.js";

const FRESH: Known = { ageMs: 0, link: "live" };

test("all copies proven is safe", () => {
  const answer = verdict(live(), FRESH);
  assert.equal(answer.kind, "safe");
  assert.deepEqual(answer.title, { key: "verdict.safe", values: { n: 410 } });
  assert.deepEqual(answer.detail, [{ key: "detail.allSafe" }]);
});

test("what is too old is never safe, and neither is what nobody can renew", () => {
  const now = live();
  assert.equal(verdict(now, { ageMs: now.maxAgeMs, link: "live" }).kind, "safe");
  assert.equal(verdict(now, { ageMs: now.maxAgeMs + 1, link: "live" }).kind, "stale");
  assert.equal(verdict(now, { ageMs: 0, link: "polling" }).kind, "safe");
  assert.equal(verdict(now, { ageMs: now.maxAgeMs + 1, link: "live" }).title.key, "verdict.silent");
  const lost = verdict(now, { ageMs: 3_000, link: "none" });
  assert.equal(lost.kind, "stale");
  assert.equal(lost.title.key, "verdict.stale");
  assert.equal(lost.action, "reconnect");
  assert.equal(lost.sinceMs, Date.parse(now.serverTime));
  // Nobody answered yet, and nobody answers at all.
  assert.equal(verdict(null, { ageMs: 0, link: "connecting" }).title.key, "verdict.connecting");
  assert.equal(verdict(null, { ageMs: 0, link: "none" }).title.key, "verdict.noAnswer");
});

test("a destination that is down comes before everything else", () => {
  const now = live({ problems: [problem("incomplete"), problem("destination_down")], paused: true }, { failed: 3 });
  const answer = verdict(now, FRESH);
  assert.equal(answer.kind, "trouble");
  assert.deepEqual(answer.title, { key: "verdict.destinationDown", values: { what: "ssd-b/photos" } });
  assert.equal(answer.action, "storage");
});

test("a photo that was given up is trouble, however many are safe, and can be tried again", () => {
  const answer = verdict(live({}, { failed: 1, safe: 409 }), FRESH);
  assert.equal(answer.kind, "trouble");
  assert.equal(answer.action, "retry");
});

test("a folder or a camera that is gone is trouble, since then", () => {
  const folder = verdict(live({ problems: [problem("source_offline")] }), FRESH);
  assert.equal(folder.kind, "trouble");
  assert.equal(folder.sinceMs, Date.parse(problem("source_offline").since));
  const links = { ...live().links, camera: { state: "down", since: null, what: "unplugged" } } as const;
  assert.equal(verdict(live({ links }), FRESH).title.key, "verdict.cameraGone");
});

test("many on their way are not yet safe, and the cards may not be formatted", () => {
  const answer = verdict(live({}, { held: 412, stored: 301, safe: 296, waiting: 116 }), FRESH);
  assert.equal(answer.kind, "busy");
  assert.ok(answer.detail.some(({ key }) => key === "detail.notYet"));
});

test("a few on their way leave the verdict safe and are named", () => {
  const answer = verdict(live({}, { held: 412, waiting: 2 }), FRESH);
  assert.equal(answer.kind, "safe");
  assert.deepEqual(answer.detail[0], { key: "detail.more", values: { n: 2 } });
});

test("a pause, a cut-off file and a low disk are not safe", () => {
  const paused = verdict(live({ paused: true }), FRESH);
  assert.deepEqual([paused.kind, paused.action], ["busy", "resume"]);
  for (const kind of ["incomplete", "unreadable", "vanished", "too_large", "disk_low"] as const)
    assert.equal(verdict(live({ problems: [problem(kind)] }), FRESH).kind, "busy", kind);
});

test("photos that no storage is due to hold are never called safe", () => {
  const answer = verdict(live({}, { held: 3, stored: 0, safe: 0 }), FRESH);
  assert.equal(answer.kind, "busy");
  assert.deepEqual(answer.title, { key: "verdict.hereOnly", values: { n: 3 } });
});

test("nothing yet is ready, and says where to put the first photo", () => {
  const answer = verdict(live({}, { held: 0, stored: 0, safe: 0 }), FRESH);
  assert.equal(answer.kind, "ready");
  assert.deepEqual(answer.detail[0], { key: "detail.ready", values: { folder: "srv/tether" } });
  assert.equal(verdict(live({ event: null }), FRESH).action, "events");
  assert.equal(verdict(live({ destinations: [] }), FRESH).action, "storage");
});
