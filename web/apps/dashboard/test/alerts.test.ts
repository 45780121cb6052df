import assert from "node:assert/strict";
import { test } from "node:test";
import type { Notification } from "@kilat/client";
import { canPush } from "../src/pages/alerts/can.js";
import { isHeard, merged, next, parted, QUIET_MS } from "../src/pages/alerts/notices.js";

const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 16, 0, second)).toISOString();

function notice(id: string, second: number, more: Partial<Notification> = {}): Notification {
  return {
    id,
    count: 1,
    message: "",
    persistent: true,
    priority: "high",
    showToast: true,
    state: "open",
    timestamp: at(second),
    title: id,
    type: "storage_warning",
    updatedAt: at(second),
    ...more,
  };
}

test("one id is one notice: the one that changed last, wherever it came from", () => {
  const open = notice("a", 1);
  const over = notice("a", 1, { state: "resolved", updatedAt: at(9) });
  assert.deepEqual(merged([over], [open]), [over]);
  assert.deepEqual(merged([open], [over]), [over]);
  const counted = notice("a", 1, { count: 2 });
  assert.deepEqual(merged([open], [counted]), [counted], "of the same moment the one that came later");
});

test("newest first, and an older page neither doubles nor moves anything", () => {
  const [a, b, c] = [notice("a", 1), notice("b", 2), notice("c", 3)];
  assert.deepEqual(merged([a, b], [c, b]), [c, b, a]);
});

test("open ones stand by loudness, then by age; seen ones are kept apart from those that are over", () => {
  const all = merged([
    notice("low", 9, { priority: "low" }),
    notice("old", 1, { priority: "critical" }),
    notice("new", 5, { priority: "critical" }),
    notice("seen", 6, { state: "acknowledged" }),
    notice("over", 7, { state: "resolved" }),
    notice("moment", 8, { state: "told" }),
  ]);
  const { open, seen, past } = parted(all);
  const ids = (list: readonly Notification[]) => list.map(({ id }) => id);
  assert.deepEqual(ids(open), ["new", "old", "low"]);
  assert.deepEqual(ids(seen), ["seen"]);
  assert.deepEqual(ids(past), ["moment", "over"]);
});

test("whatever lasts has a next step, what is over has none", () => {
  const keys = [
    "source:hot",
    "destination:r2",
    "copies:r2",
    "files",
    "copying",
    "found:r2",
    "backup:r2:e",
    "verify:r2:e",
  ];
  for (const about of [...keys, "target:phone", "folder:/data", "machine:cpu", undefined]) {
    const step = next({ type: "system", state: "open", ...(about ? { about } : {}) });
    assert.ok(step && (step.sentence || step.page || step.command), about);
    assert.equal(next({ type: "system", state: "resolved", ...(about ? { about } : {}) }), null);
  }
  assert.equal(next({ about: "copies:r2", type: "upload_failed", state: "open" })?.command, "retry");
  assert.equal(next({ about: "destination:r2", type: "storage_warning", state: "acknowledged" })?.page, "storage");
});

test("only what is critical and new is heard, at most once in half a minute", () => {
  const loud = notice("a", 1, { priority: "critical" });
  assert.ok(isHeard(loud, Number.NEGATIVE_INFINITY, 0));
  assert.ok(!isHeard(loud, 0, QUIET_MS - 1));
  assert.ok(isHeard(loud, 0, QUIET_MS));
  assert.ok(!isHeard({ ...loud, priority: "high" }, 0, QUIET_MS));
  assert.ok(!isHeard({ ...loud, state: "acknowledged" }, 0, QUIET_MS));
  assert.ok(!isHeard({ ...loud, showToast: false }, 0, QUIET_MS), "a count that only rose is no news");
});

test("why a device cannot be told is known by what the browser has", () => {
  const chrome = {
    isSecure: true,
    hasWorker: true,
    hasPush: true,
    isStandalone: undefined,
    permission: "default",
  } as const;
  assert.equal(canPush(chrome), "yes");
  assert.equal(canPush({ ...chrome, permission: "denied" }), "blocked");
  assert.equal(canPush({ ...chrome, isSecure: false, hasWorker: false }), "insecure");
  assert.equal(canPush({ ...chrome, hasPush: false, isStandalone: false }), "home");
  assert.equal(canPush({ ...chrome, hasPush: false }), "none");
});
