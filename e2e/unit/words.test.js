// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { age, clock, size } from "../../crates/kilat-server/ui/times.js";
import { CATALOGUE, language, say } from "../../crates/kilat-server/ui/words.js";

const UI = new URL("../../crates/kilat-server/ui/", import.meta.url);
/** The page's own text may not be longer than this beside its icon on a phone. */
const LONGEST_TITLE = 48;

test("every sentence speaks both languages with the same values", () => {
  for (const [key, { en, id }] of Object.entries(CATALOGUE)) {
    assert.ok(en.trim() && id.trim(), key);
    const values = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(values(en), values(id), key);
  }
});

test("every counted sentence has one and many", () => {
  for (const key of Object.keys(CATALOGUE).filter((key) => /\.(one|many)$/.test(key))) {
    const stem = key.replace(/\.(one|many)$/, "");
    assert.ok(CATALOGUE[`${stem}.one`] && CATALOGUE[`${stem}.many`], key);
  }
});

test("every key that the page names is in the catalogue, and none is there for nobody", () => {
  const files = ["act.js", "door.js", "main.js", "sheet.js", "times.js", "verdict.js", "view.js"];
  const code = files.map((file) => readFileSync(new URL(file, UI), "utf8")).join("\n");
  const named = [
    ...code.matchAll(
      /"((?:verdict|detail|way|count|list|do|did|photo|copy|more|age|time|storage|demo|door)\.[\w.]+)"/g,
    ),
  ];
  for (const [, key] of named) {
    assert.ok(CATALOGUE[/** @type {string} */ (key)] || CATALOGUE[`${key}.one`], key);
  }
});

test("titles fit", () => {
  for (const [key, words] of Object.entries(CATALOGUE).filter(([key]) => key.startsWith("verdict."))) {
    for (const text of [words.en, words.id]) assert.ok(text.length <= LONGEST_TITLE, `${key}: ${text}`);
  }
});

test("numbers and values are put in as text", () => {
  assert.equal(say("en", "verdict.safe", { n: 1 }), "1 photo is safe");
  assert.equal(say("en", "verdict.safe", { n: 1234 }), "1,234 photos are safe");
  assert.equal(say("id", "verdict.safe", { n: 1234 }), "Aman: 1.234 foto tersimpan");
  assert.equal(say("en", "problem.incomplete", { what: "<b>.NEF" }), "<b>.NEF is cut off");
});

test("ages are relative up to an hour, then by the clock", () => {
  const now = new Date(2026, 10, 21, 16, 4, 5).getTime();
  assert.equal(age("en", now - 1_000, now), "just now");
  assert.equal(age("en", now - 3_000, now), "3 s ago");
  assert.equal(age("id", now - 120_000, now), "2 mnt lalu");
  assert.equal(age("en", now - 3_600_000, now), "at 15:04");
  assert.equal(age("en", now + 60_000, now), "just now", "a clock that is ahead is no reason for nonsense");
  assert.match(clock("en", now - 86_400_000, now), /20/);
  assert.equal(size("en", 212_000_000_000), "212 GB");
  assert.equal(size("en", 0), "0 B");
});

test("a language is taken from what the browser says", () => {
  assert.equal(language("id-ID"), "id");
  assert.equal(language("de"), "en");
  assert.equal(language(undefined), "en");
});
