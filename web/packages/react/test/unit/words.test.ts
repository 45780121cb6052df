// The catalogue and the colours: nothing missing, nothing too long, nothing too faint.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { say, speech, WORDS } from "@kilat/react/parts";

const entries = Object.entries(WORDS) as [string, readonly [string, string]][];
const holes = (text: string) => [...new Set(text.match(/{\w+}/g) ?? [])].sort();

test("every word is there in both languages, with the same values", () => {
  for (const [key, [en, id]] of entries) {
    assert.ok(en && id, key);
    for (const form of [...en.split("|"), id]) assert.deepEqual(holes(form), holes(en), `${key}: ${form}`);
  }
});

test("English parts one from many where a noun follows the number", () => {
  for (const [key, [en, id]] of entries) {
    if (/{n} (photo|copy|file)/.test(en)) assert.equal(en.split("|").length, 2, key);
    assert.ok(!id.includes("|"), `${key}: Indonesian has one form`);
  }
  assert.equal(say(WORDS.checked, "en", { n: 1 }), "1 photo, checked");
  assert.equal(say(WORDS.checked, "en", { n: 0 }), "0 photos, checked");
  assert.equal(say(WORDS.checked, "id", { n: 2 }), "2 foto, diperiksa");
});

test("Indonesian is not so much longer that it breaks a layout made for English", () => {
  for (const [key, [en, id]] of entries)
    assert.ok(id.length <= Math.max(en.length * 1.5, en.length + 7), `${key}: ${id.length} after ${en.length}`);
});

test("what is unknown is a dash, not 0; nothing is 100 percent before it is", () => {
  const { number, percent, bytes, bytesOf, age, duration } = speech("en", "Asia/Jakarta");
  assert.equal(number(null), "–");
  assert.equal(number(Number.NaN), "–");
  assert.equal(percent(undefined), "–");
  assert.equal(bytes(null), "–");
  assert.equal(number(0), "0");
  assert.equal(percent(99.97), "99 %");
  assert.equal(bytesOf(7.1e6, 11.4e6), "7.1 of 11.4 MB");
  assert.equal(age(3_900), "3 s ago");
  assert.equal(age(59 * 60_000), "59 min ago");
  assert.match(age(61 * 60_000), /^at \d\d:\d\d$/);
  assert.equal(duration(3_000), "3 s");
  assert.equal(speech("id").number(1204), "1.204");
});

test("a value of a hostile name is text, also when it looks like a hole", () => {
  assert.equal(say(WORDS.watching, "en", { folder: "{n} $& <b>" }), "watching {n} $& <b>");
});

const css = readFileSync("tokens.css", "utf8");
type Tokens = Record<string, string>;
function tokens(name: string): Tokens {
  const block = css.match(new RegExp(`^ *\\.kl-${name} {([^}]+)}`, "m"))?.[1] ?? assert.fail(name);
  return Object.fromEntries(
    [...block.matchAll(/--kl-([\w-]+): var\(--kilat-[\w-]+, (#\w{6})\)/g)].map(([, key, value]) => [key, value]),
  );
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test("dark is the same whether the system or the host chose it", () => {
  assert.deepEqual(tokens("dark"), tokens("system"));
  const { mark, ...light } = tokens("theme");
  assert.ok(mark);
  assert.deepEqual(Object.keys(light).sort(), Object.keys(tokens("dark")).sort());
});

for (const name of ["theme", "dark"]) {
  test(`what carries meaning stands out from every ground that it stands on: ${name}`, () => {
    const theme = tokens(name);
    const ratio = (one: string, other: string) =>
      contrast(theme[one] ?? assert.fail(one), theme[other] ?? assert.fail(other));
    assert.ok(ratio("text", "ground") >= 16);
    assert.ok(ratio("text", "surface") >= 15);
    for (const meaning of ["safe", "busy", "trouble", "action"])
      for (const ground of ["ground", "surface", `${meaning}-ground`])
        assert.ok(ratio(meaning, ground) >= 5.5, `${meaning} on ${ground}: ${ratio(meaning, ground)}`);
    for (const ground of ["ground", "surface", "track"])
      assert.ok(ratio("second", ground) >= 5.5, `second on ${ground}: ${ratio("second", ground)}`);
  });
}

test("every selector is of classes with the prefix, outside of any layer", () => {
  const sheet =
    readFileSync("styles.css", "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "") + css.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  assert.doesNotMatch(sheet, /@layer|!important|#[\w-]+ *{/);
  // What takes a host's rules away weighs one class as well, and so stands before all others.
  const reset = ".kl-card :where(:not(svg, svg *)) {";
  assert.ok(sheet.indexOf(reset) < sheet.indexOf(".kl-body {"));
  for (const [, list = ""] of sheet.replace(reset, ".kl-card {").matchAll(/(?:^|[{};])\s*([^{}@;]+){/g))
    for (const selector of list
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean))
      assert.match(selector, /^\.kl-[\w-]+(\[[\w-]+\]|::?[\w-]+)?( > \.kl-[\w-]+(::?[\w-]+)?)?$/, selector);
});
