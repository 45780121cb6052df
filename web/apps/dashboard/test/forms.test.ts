import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientView, SystemSettingsAnswer } from "@kilat/client";
import { device, isSlow, slowFirst } from "../src/pages/clients/order.js";
import { badEvent, today } from "../src/pages/events/form.js";
import { changed, patch, rebased, valuesOf, wrong } from "../src/pages/settings/draft.js";

const settings: SystemSettingsAnswer = {
  success: true,
  useRealtime: true,
  pollingInterval: 120_000,
  enableNotifications: true,
  alertThresholds: { cpu: 90, memory: 90, storage: 90 },
};

test("only what was changed is sent, so that nobody else's change is undone", () => {
  const base = valuesOf(settings);
  assert.deepEqual(patch(base, base), {});
  const draft = { ...base, cpu: "80", everySeconds: "2,5" };
  assert.deepEqual(changed(draft, base), ["everySeconds", "cpu"]);
  assert.deepEqual(patch(draft, base), { pollingInterval: 2_500, alertThresholds: { cpu: 80 } });
});

test("what others changed meanwhile is taken over, and named where it was changed here too", () => {
  const base = valuesOf(settings);
  const draft = { ...base, cpu: "80", memory: "85" };
  const server = { ...base, cpu: "70", storage: "60", memory: "85" };
  const now = rebased({ draft, base }, server);
  assert.deepEqual(now.draft, { ...server, cpu: "80" });
  assert.deepEqual(now.clash, ["cpu"]);
  assert.deepEqual(changed(now.draft, now.base), ["cpu", "memory"]);
  assert.deepEqual(rebased(now, server).clash, ["cpu"], "said until it is saved or taken back");
});

test("what is no number, or beyond its bounds, is named and not sent", () => {
  const base = valuesOf(settings);
  const draft = { ...base, everySeconds: "0", cpu: "", memory: "101", storage: "x" };
  assert.deepEqual(wrong(draft), ["everySeconds", "cpu", "memory", "storage"]);
  assert.deepEqual(wrong(base), []);
});

test("an event needs a name that can be read, and a day that exists", () => {
  assert.equal(badEvent("Ayu & Bima", "2026-11-21"), null);
  assert.equal(badEvent("Ayu & Bima", ""), null, "today, where none is said");
  for (const name of ["", "   ", "a".repeat(121), "two\nlines"]) assert.equal(badEvent(name, ""), "name");
  assert.equal(badEvent("📷".repeat(120), ""), null, "characters are counted as people do");
  for (const date of ["2026-02-30", "21/11/2026", "x"]) assert.equal(badEvent("Ayu", date), "date");
});

test("today is the viewer's day, not Greenwich's", () => {
  assert.equal(today(new Date(2026, 0, 5, 0, 30)), "2026-01-05");
});

const viewer = (clientId: string, more: Partial<ClientView> = {}): ClientView => ({
  clientId,
  address: "10.0.0.2",
  behind: 0,
  channels: [],
  connectedSeconds: 5,
  lastHeardSeconds: 1,
  queued: 0,
  resyncs: 0,
  role: "viewer",
  sentBytes: 0,
  sentMessages: 0,
  skippedStates: 0,
  transport: "websocket",
  who: "ayu",
  ...more,
});

test("who takes nothing comes first, then who is behind, then the longest connected", () => {
  const all = [
    viewer("new"),
    viewer("old", { connectedSeconds: 900 }),
    viewer("behind", { behind: 400 }),
    viewer("blocked", { blockedSeconds: 3 }),
  ];
  assert.deepEqual(
    slowFirst(all).map(({ clientId }) => clientId),
    ["blocked", "behind", "old", "new"],
  );
  assert.equal(isSlow(viewer("x", { behind: 3 })), false, "what one flush holds is no reason");
});

test("a device is named as people would", () => {
  const iphone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1";
  assert.equal(device(iphone), "Safari, iPhone");
  assert.equal(
    device("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"),
    "Chrome, Android",
  );
  assert.equal(device("kilat/0.1.0 (tail)"), "kilat/0.1.0");
  assert.equal(device(undefined), null);
});
