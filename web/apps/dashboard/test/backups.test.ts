import assert from "node:assert/strict";
import { test } from "node:test";
import type { BackupProgress, BackupRun, DestinationRow, Held, SafetyView } from "@kilat/client";
import { placeName } from "../src/live/names.js";
import { doing, percent, restoreCommand, sorted, withProgress } from "../src/pages/backups/runs.js";
import { cardVerdict, type Known } from "../src/pages/backups/safety.js";
import { words } from "../src/pages/backups/words.js";
import { voice } from "../src/words/words.js";

const RULE = { copies: 3, media: 2, offSite: 1 };
const row = (id: string, more: Partial<DestinationRow> = {}): DestinationRow => ({
  id,
  kind: "backup",
  medium: "disk",
  namedBy: "operator",
  offSite: false,
  since: "2026-11-21T16:00:00Z",
  up: true,
  url: `/media/${id}`,
  ...more,
});
const ROWS = [row("laptop", { kind: "upload" }), row("shelf"), row("r2", { medium: "s3", offSite: true })];
const KNOWN: Known = { held: 415, isStale: false, hasEvent: true, places: ROWS };

function view(more: Partial<SafetyView> = {}): SafetyView {
  return {
    eventId: "e",
    eventName: "Garden wedding",
    missing: [],
    photos: 415,
    places: [],
    rule: RULE,
    safePhotos: 415,
    safeToFormat: true,
    tally: [{ copies: 3, media: 2, offSite: 1, photos: 415 }],
    unfiled: 0,
    verdict: "",
    ...more,
  };
}
const unsafe = (more: Partial<SafetyView>) => view({ safeToFormat: false, ...more });
const en = voice(words, "en");
const spoken = (answer: ReturnType<typeof cardVerdict>, say = en) =>
  [answer.title, ...answer.detail].map((sentence) => say.sentence(sentence)).join(" ");

test("the cards may be formatted only when every photo that is held meets the rule", () => {
  const yes = cardVerdict(view(), KNOWN);
  assert.equal(yes.kind, "safe");
  assert.match(spoken(yes), /^The cards may be formatted All 415 photos .* 3 copies, 2 kinds of storage, 1 off-site/);
  const came = cardVerdict(view(), { ...KNOWN, held: 417 });
  assert.equal(came.kind, "busy");
  assert.match(spoken(came), /Do not format .* 2 more came since/);
});

test("what may be old is never called safe", () => {
  assert.equal(cardVerdict(view(), { ...KNOWN, isStale: true }).kind, "stale");
  assert.equal(cardVerdict(null, KNOWN).kind, "ready");
  assert.doesNotMatch(spoken(cardVerdict(null, KNOWN)), /may be formatted/);
});

test("what the photos lack is said with the rule, and what to do", () => {
  const tally = [
    { copies: 1, media: 1, offSite: 0, photos: 17 },
    { copies: 3, media: 2, offSite: 1, photos: 398 },
  ];
  const answer = cardVerdict(unsafe({ tally, safePhotos: 398 }), KNOWN);
  assert.equal(
    spoken(answer),
    "Do not format the cards yet 17 photos have only one copy. Your rule: 3 copies, 2 kinds of storage, 1 off-site.",
  );
  assert.deepEqual(answer.actions, ["start"]);
  assert.match(
    spoken(answer, voice(words, "id")),
    /^Jangan format kartu dulu 17 foto baru punya satu salinan\. Aturan/,
  );
});

test("photos without any copy come first, and different counts are not called one", () => {
  const tally = [
    { copies: 0, media: 0, offSite: 0, photos: 2 },
    { copies: 1, media: 1, offSite: 0, photos: 3 },
    { copies: 2, media: 1, offSite: 0, photos: 10 },
  ];
  const said = spoken(cardVerdict(unsafe({ tally, photos: 15 }), { ...KNOWN, held: 15 }));
  assert.match(said, /2 photos have no copy at all\. 13 photos have too few copies, some only 1\./);
});

test("enough copies in one building, or on one kind of storage, are not enough", () => {
  const tally = [
    { copies: 3, media: 2, offSite: 0, photos: 4 },
    { copies: 3, media: 1, offSite: 1, photos: 5 },
  ];
  const said = spoken(cardVerdict(unsafe({ tally, photos: 9 }), { ...KNOWN, held: 9 }));
  assert.match(said, /4 are in this building only\. 5 are on one kind of storage only\./);
  assert.doesNotMatch(said, /too few|only one copy/);
});

test("a rule that the storage here can never meet is said", () => {
  const tally = [{ copies: 1, media: 1, offSite: 0, photos: 415 }];
  const cases: [DestinationRow[], RegExp][] = [
    [[row("a"), row("b"), row("c")], /off-site: add one/],
    [[row("a"), row("b", { offSite: true })], /only 2 storages/],
    [[row("a"), row("b"), row("c", { offSite: true })], /one kind: add another kind/],
  ];
  for (const [places, words] of cases) {
    const answer = cardVerdict(unsafe({ tally }), { ...KNOWN, places });
    assert.match(spoken(answer), words);
    assert.ok(answer.actions.includes("storage"));
  }
  // Who may not see what the storage is, is told nothing that nobody knows.
  assert.deepEqual(cardVerdict(unsafe({ tally }), { ...KNOWN, places: null }).actions, ["start"]);
});

test("where every place holds everything, another backup is not what is offered first", () => {
  const places = ROWS.map(({ id, medium, offSite }) => ({ id, medium, offSite, photos: 415, volume: "disk 1" }));
  const tally = [{ copies: 1, media: 2, offSite: 1, photos: 415 }];
  const answer = cardVerdict(unsafe({ places, tally }), KNOWN);
  assert.deepEqual(answer.actions, ["storage", "again"]);
  assert.match(spoken(answer), /one disk count as one copy/);
});

test("files that are no photo yet keep the cards from being formatted", () => {
  const answer = cardVerdict(unsafe({ unfiled: 1 }), KNOWN);
  assert.equal(answer.kind, "busy");
  assert.match(spoken(answer), /1 file arrived and could not be taken in yet/);
  const nothing = cardVerdict(unsafe({ photos: 0, tally: [], unfiled: 0 }), { ...KNOWN, held: 0 });
  assert.match(spoken(nothing), /No photo has arrived/);
});

let id = 0;
function run(more: Partial<BackupRun> = {}): BackupRun {
  id += 1;
  return {
    asOf: "2026-11-21T16:00:00Z",
    askedBy: "operator",
    backupId: `b${id}`,
    destination: "shelf",
    eventId: "e",
    failedUploads: 0,
    kind: "copy",
    phase: "copying",
    processedBytes: 0,
    processedPhotos: 0,
    startTime: new Date(Date.UTC(2026, 10, 21, 16, 0, id)).toISOString(),
    status: "backing_up",
    successfulUploads: 0,
    totalBytes: 1_000,
    totalPhotos: 10,
    wasThere: 0,
    ...more,
  };
}

test("a failure needs somebody until the same is begun anew", () => {
  const [old, fine] = [run({ phase: "failed" }), run({ phase: "completed" })];
  const other = run({ phase: "failed", destination: "r2" });
  const found = sorted([old, fine, other]);
  assert.deepEqual(found.failed, [other]);
  assert.deepEqual(found.ended, [fine, old]);
  const again = run();
  assert.deepEqual(sorted([other, { ...again, destination: "r2" }]).failed, []);
  assert.deepEqual(sorted([other, { ...again, destination: "r2" }]).underWay.length, 1);
});

test("a copy after a read-back that failed mends it", () => {
  const bad = run({ phase: "failed", kind: "verify" });
  assert.deepEqual(sorted([bad]).failed, [bad]);
  assert.deepEqual(sorted([bad, run({ phase: "failed" })]).failed.length, 2);
  assert.deepEqual(sorted([bad, run({ phase: "completed" })]).failed, []);
});

test("a cancelled run is no failure", () => {
  const cancelled = run({ phase: "cancelled" });
  assert.deepEqual(sorted([cancelled]), { failed: [], underWay: [], ended: [cancelled] });
});

function held(value: BackupProgress, asOfMs: number): Held<BackupProgress> {
  return { value, key: value.backupId, channel: "backup", seq: 1, asOfMs, maxAgeMs: 35_000, bornMs: 0 };
}

test("newer numbers are taken, older ones and an end without its reason are not", () => {
  const listed = run({ bytesPerSecond: 5, etaMs: 9_000 });
  const progress: BackupProgress = {
    backupId: listed.backupId,
    destination: "shelf",
    eventId: "e",
    failedUploads: 1,
    phase: "sealing",
    processedBytes: 700,
    processedPhotos: 7,
    progress: 70,
    status: "backing_up",
    successfulUploads: 6,
    totalBytes: 1_000,
    totalPhotos: 10,
  };
  const newer = withProgress(listed, 1_000, [held(progress, 2_000)]);
  assert.equal(newer.processedBytes, 700);
  assert.equal(newer.phase, "sealing");
  assert.equal(percent(newer), 70);
  assert.ok(!("etaMs" in newer) && !("bytesPerSecond" in newer), "a pace that nobody measured now is not shown on");
  assert.equal(withProgress(listed, 3_000, [held(progress, 2_000)]), listed);
  assert.equal(withProgress(listed, 1_000, [held({ ...progress, phase: "failed" }, 2_000)]).phase, "copying");
  const ended = run({ phase: "completed" });
  assert.equal(withProgress(ended, 0, [held({ ...progress, backupId: ended.backupId }, 9)]), ended);
});

test("every phase has words in both languages", () => {
  const phases: BackupRun["phase"][] = [
    "queued",
    "listing",
    "copying",
    "verifying",
    "sealing",
    "paused",
    "waiting",
    "completed",
    "failed",
    "cancelled",
  ];
  for (const language of ["en", "id"] as const) {
    const say = voice(words, language);
    for (const phase of phases)
      for (const kind of ["copy", "verify"] as const) {
        const said = say.sentence(doing({ phase, kind, failedUploads: 0 }));
        assert.ok(said.length > 3 && !said.includes("_"), `${language} ${phase}: ${said}`);
      }
  }
  assert.equal(en.sentence(doing({ phase: "failed", kind: "copy", failedUploads: 2 })), "2 photos failed");
});

test("a place of the settings is called by its folder", () => {
  assert.equal(placeName("disk-f6180272", "/media/laptop"), "laptop");
  assert.equal(placeName("shelf", "/media/x"), "shelf");
  assert.equal(placeName("disk-f6180272", undefined), "disk-f6180272");
});

test("the command is what a shell reads as meant, whatever the event is called", () => {
  assert.equal(restoreCommand("Ayu & Bima", "shelf", "~/back"), "kilat restore 'Ayu & Bima' --from shelf --to ~/back");
  assert.equal(
    restoreCommand("O'Neil; rm -rf ~", "shelf", "~/my photos"),
    `kilat restore 'O'\\''Neil; rm -rf ~' --from shelf --to ~/'my photos'`,
  );
  assert.equal(restoreCommand("$(id)", "a", "-x"), "kilat restore '$(id)' --from a --to '-x'");
});
