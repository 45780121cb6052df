import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { words as nowWords } from "../src/pages/now/words.js";
import { common } from "../src/words/common.js";
import { age, clock, size, span } from "../src/words/times.js";
import { type Catalogue, type Entry, languageOf, voice } from "../src/words/words.js";

/** A title has this much room beside its icon on a phone. */
const LONGEST_TITLE = 48;
/** A tab at the bottom of one. */
const LONGEST_TAB = 9;

const source = join(dirname(fileURLToPath(import.meta.url)), "../src");

/** Every catalogue that there is. */
async function catalogues(): Promise<[string, Catalogue][]> {
  const found: [string, Catalogue][] = [["common", common]];
  for (const file of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!/(^|\/)words\.js$/.test(file) || /^words\//.test(file)) continue;
    const { words } = (await import(pathToFileURL(join(source, file)).href)) as { words: Catalogue };
    found.push([file, words]);
  }
  assert.ok(found.length > 10, "the pages' catalogues are found");
  return found;
}

const forms = (entry: Entry) => (typeof entry === "string" ? [entry] : [entry.one, entry.many]);
const values = (text: string) => new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));

test("every sentence of every catalogue speaks both languages with the same values", async () => {
  for (const [file, { en, id }] of await catalogues()) {
    for (const [key, entry] of Object.entries(en)) {
      const other = id[key];
      assert.ok(other !== undefined, `${file}: ${key}`);
      // The form for one may leave the number out.
      const own = values(forms(entry).join(" "));
      for (const text of forms(other)) {
        assert.ok(text.trim(), `${file}: ${key}`);
        for (const name of values(text)) assert.ok(own.has(name) || name === "n", `${file}: ${key}: {${name}}`);
      }
      assert.deepEqual(values(forms(other).join(" ")), own, `${file}: ${key}`);
    }
    assert.deepEqual(Object.keys(id).sort(), Object.keys(en).sort(), file);
  }
});

test("titles and tabs fit", () => {
  for (const catalogue of [nowWords.en, nowWords.id]) {
    for (const [key, entry] of Object.entries(catalogue).filter(([key]) => key.startsWith("verdict."))) {
      for (const text of forms(entry)) assert.ok(text.length <= LONGEST_TITLE, `${key}: ${text}`);
    }
  }
  for (const language of ["en", "id"] as const) {
    const say = voice(common, language);
    for (const tab of ["now", "photos", "backups", "alerts", "more"] as const)
      assert.ok(say(`nav.${tab}`).length <= LONGEST_TAB, say(`nav.${tab}`));
  }
});

test("numbers and values are put in as text", () => {
  const [en, id] = [voice(nowWords, "en"), voice(nowWords, "id")];
  assert.equal(en("verdict.safe", { n: 1 }), "1 photo is safe");
  assert.equal(en("verdict.safe", { n: 1234 }), "1,234 photos are safe");
  assert.equal(id("verdict.safe", { n: 1234 }), "Aman: 1.234 foto tersimpan");
  assert.equal(en("problem.incomplete", { what: "<b>.NEF" }), "<b>.NEF is cut off");
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
  assert.equal(span("en", 4 * 3_600_000), "4 h");
  assert.equal(span("id", 59_000), "59 dtk");
});

test("a language is taken from what the browser says", () => {
  assert.equal(languageOf("id-ID"), "id");
  assert.equal(languageOf("de"), "en");
  assert.equal(languageOf(undefined), "en");
});
