// Every colour that carries meaning stands out from the grounds that it stands on.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../src/styles/tokens.css", import.meta.url), "utf8");

function tokens(block: RegExp): Record<string, string> {
  const body = css.match(block)?.[1] ?? "";
  return Object.fromEntries(
    [...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]),
  );
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

const light = tokens(/^:root \{([^}]+)\}/m);
const dark = tokens(/:root\[data-theme="dark"\] \{([^}]+)\}/);
const system = tokens(/:root:not\(\[data-theme="light"\]\) \{([^}]+)\}/);

test("the dark colours are the same whether the system or the viewer chose them", () => {
  assert.deepEqual(dark, system);
  assert.deepEqual(
    Object.keys(light)
      .filter((name) => name !== "mark")
      .sort(),
    Object.keys(dark).sort(),
  );
});

for (const [name, theme] of Object.entries({ light, dark })) {
  const colour = (token: string) => theme[token] ?? assert.fail(`no ${token}`);
  test(`text stands out: ${name}`, () => {
    assert.ok(contrast(colour("text"), colour("ground")) >= 16);
    assert.ok(contrast(colour("text"), colour("surface")) >= 15);
  });
  test(`what carries meaning stands out: ${name}`, () => {
    for (const meaning of ["safe", "busy", "trouble", "action"]) {
      for (const ground of ["ground", "surface", `${meaning}-ground`]) {
        const found = contrast(colour(meaning), colour(ground));
        assert.ok(found >= 5.5, `${meaning} on ${ground}: ${found.toFixed(1)}`);
      }
    }
    for (const ground of ["ground", "surface", "safe-ground", "busy-ground", "trouble-ground", "track"]) {
      const found = contrast(colour("second"), colour(ground));
      assert.ok(found >= 5.5, `second on ${ground}: ${found.toFixed(1)}`);
    }
  });
}
