import assert from "node:assert/strict";
import { test } from "node:test";
import type { Disk, HistoryPoint, MachineAlert, MachineMetrics } from "@kilat/client";
import { draw, HEIGHT, nearest, nice, sample, stretches, WIDTH } from "../src/pages/machine/chart.js";
import { machineVerdict } from "../src/pages/machine/verdict.js";

const START = Date.parse("2026-11-21T16:00:00Z");
const point = (minute: number, avg: number | null, most = avg): HistoryPoint => ({
  at: new Date(START + minute * 60_000).toISOString(),
  values: avg === null ? {} : { cpu: { avg, min: avg / 2, max: most ?? avg, count: 60 } },
});
const scale = { stepSeconds: 60, fromMs: START, toMs: START + 600_000, most: 100 };

test("a finger on a line reads the nearest minute, and nothing where nothing was measured", () => {
  const points = [point(0, 10), point(1, 20), point(2, null), point(6, 40)];
  assert.equal(nearest(points, "cpu", START + 50_000, 60)?.avg, 20);
  assert.equal(nearest(points, "cpu", START + 210_000, 60), null);
  assert.equal(nearest(points, "memory", START, 60), null);
});

test("a line ends where nothing was measured and begins anew after it", () => {
  const points = [point(0, 10), point(1, 20), point(2, null), point(5, 30), point(6, 40)];
  assert.deepEqual(
    stretches(points, "cpu", 60).map((part) => part.length),
    [2, 2],
  );
  const drawn = draw(points, "cpu", scale);
  assert.equal(drawn?.mean, `M0 108L60 96M300 84L360 72`);
  assert.equal(drawn?.band.split("M").length, 3);
  assert.equal(draw([point(0, null)], "cpu", scale), null, "nothing is no line at zero");
});

test("a lone point is as long as its step, and a peak stays seen beside the mean", () => {
  const drawn = draw([point(0, 10, 90)], "cpu", scale);
  assert.equal(drawn?.mean, `M0 108L60 108`);
  assert.equal(drawn?.most, 90);
  assert.equal(drawn?.average, 10);
  assert.ok(drawn?.band.includes(`M0 12L60 12`), drawn?.band);
});

test("a value beyond the scale stays in the box", () => {
  const drawn = draw([point(0, 140), point(1, 140)], "cpu", scale);
  assert.equal(drawn?.mean, "M0 0L60 0");
  assert.ok(WIDTH > 0 && HEIGHT > 0);
});

test("scales end at round numbers, also for nothing", () => {
  assert.deepEqual([0, 0.3, 1, 3, 7, 12, 4_300_000].map(nice), [1, 0.5, 1, 5, 10, 20, 5_000_000]);
});

test("a table has few rows, the first and the newest among them", () => {
  const all = Array.from({ length: 360 }, (_, n) => n);
  const few = sample(all, 12);
  assert.equal(few.length, 12);
  assert.deepEqual([few[0], few.at(-1)], [0, 359]);
  assert.deepEqual(sample([1, 2], 12), [1, 2]);
});

const metrics = (disks: Partial<Disk>[] = [], measuredAt: string | null = "2026-11-21T16:00:00Z"): MachineMetrics => ({
  measuredAt,
  clock: null,
  cpu: null,
  journal: null,
  memory: null,
  network: [],
  process: null,
  temperatures: [],
  storage: disks.map((disk) => ({
    mount: "/",
    device: null,
    fileSystem: null,
    busy: null,
    freeBytes: null,
    totalBytes: null,
    usedBytes: null,
    usage: null,
    readBytesPerSecond: null,
    writtenBytesPerSecond: null,
    hoursUntilFull: null,
    usedFor: ["data folder"],
    ...disk,
  })),
});
const alarm: MachineAlert = {
  kind: "memory",
  limit: 90,
  message: "memory is short",
  place: null,
  since: "2026-11-21T15:00:00Z",
  value: 95,
};

test("the machine is well only when it was measured and nothing runs short", () => {
  assert.equal(machineVerdict(metrics(), []).kind, "safe");
  assert.equal(machineVerdict(metrics([], null), []).kind, "stale");
  const trouble = machineVerdict(metrics(), [alarm, alarm]);
  assert.deepEqual([trouble.kind, trouble.title.values, trouble.notes.length], ["trouble", { n: 2 }, 2]);
});

test("a machine at its limit is not called well, though nothing is wrong yet", () => {
  const busy = { ...metrics(), cpu: { cores: 2, load: null, perCore: [], usage: 96 } };
  assert.equal(machineVerdict(busy, []).title.key, "verdict.busy");
});

test("a disk that Kilat uses and that fills today is said before it is an alarm; another's is not", () => {
  const soon = machineVerdict(
    metrics([
      { mount: "/far", hoursUntilFull: 9 },
      { mount: "/near", hoursUntilFull: 3 },
    ]),
    [],
  );
  assert.deepEqual([soon.kind, soon.title.values], ["busy", { place: "/near", hours: 3 }]);
  assert.equal(machineVerdict(metrics([{ hoursUntilFull: 3, usedFor: [] }]), []).kind, "safe");
  assert.equal(machineVerdict(metrics([{ hoursUntilFull: 30 }]), []).kind, "safe");
});
