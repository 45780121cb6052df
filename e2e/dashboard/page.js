// @ts-check
// The dashboard as a test sees it: what must hold of every screen, whatever it shows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @param {import("playwright-core").Page} page @param {string} link */
export function hasLink(page, link) {
  return page.waitForSelector(`.header-link[data-link="${link}"]`);
}

/** @param {import("playwright-core").Page} page @param {string} kind */
export async function verdictIs(page, kind) {
  await page.waitForSelector(`#verdict.is-${kind}`);
  return (await page.textContent(".verdict-title")) ?? "";
}

/** @param {import("playwright-core").Page} page @param {string} title */
export function titleIs(page, title) {
  return page.waitForFunction((title) => document.querySelector(".verdict-title")?.textContent === title, title);
}

/**
 * Nothing runs over the edge; whatever can be pressed is as large as a finger, and far enough from the next.
 * @param {import("playwright-core").Page} page
 */
export async function fits(page) {
  const found = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const isOpen = document.querySelector("dialog[open]");
    const all = [...(isOpen ?? document).querySelectorAll("a[href], button, input, select, label.switch, summary")];
    // A field that is drawn by its label is pressed through it.
    const pressed = all.flatMap((element) => {
      const isDrawnByLabel = element instanceof HTMLInputElement && /radio|checkbox/.test(element.type);
      const target = isDrawnByLabel ? (element.closest("label") ?? element) : element;
      const box = target.getBoundingClientRect();
      const isShown = target.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1;
      const name = target.getAttribute("aria-label") ?? target.textContent?.trim() ?? "";
      // A bar that lies over the page is not beside what scrolls under it.
      const layer =
        target.closest(".tabs, .sidebar, .toasts, .sheet-head, .sheet-foot, .settings-save")?.className ??
        (target.closest(".photo-frame") ? "frame" : "page");
      return isShown
        ? [{ target, name: name.slice(0, 40), layer, x: box.x, y: box.y, right: box.right, bottom: box.bottom }]
        : [];
    });
    const unique = pressed.filter(
      ({ target }, place) => pressed.findIndex((other) => other.target === target) === place,
    );
    const small = unique
      .filter(({ x, y, right, bottom }) => right - x < 43.9 || bottom - y < 43.9)
      .map(({ name, x, y, right, bottom }) => `${name}: ${right - x} × ${bottom - y}`);
    const near = [];
    for (const [place, one] of unique.entries()) {
      for (const other of unique.slice(place + 1)) {
        if (one.layer !== other.layer || one.target.contains(other.target) || other.target.contains(one.target))
          continue;
        const apart = Math.max(other.x - one.right, one.x - other.right, other.y - one.bottom, one.y - other.bottom);
        if (apart < 7.9) near.push(`${one.name} | ${other.name}: ${apart.toFixed(1)}`);
      }
    }
    return { wide, small, near };
  });
  assert.deepEqual(found, { wide: 0, small: [], near: [] });
}

/** Nothing that a machine can find wrong for whoever does not see, hear or point. @param {import("playwright-core").Page} page */
export async function isAccessible(page) {
  // Through the debugger: the policy of the page lets no script in.
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    // @ts-expect-error axe is a script's global
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(
      (/** @type {any} */ one) =>
        `${one.id}: ${one.nodes
          .map((/** @type {any} */ n) => `${n.target} ${n.failureSummary}`)
          .join(" | ")
          .slice(0, 600)}`,
    );
  });
  assert.deepEqual(found, []);
}

/** Every notice that passes by from now on, once for each time that it is put there. @param {import("playwright-core").Page} page */
export async function launchedToasts(page) {
  await page.evaluate(() => {
    const seen = /** @type {string[]} */ ([]);
    Object.assign(globalThis, { seenToasts: seen });
    const place = document.querySelector(".toasts");
    if (!place) throw new Error("no place for notices");
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const node of addedNodes) seen.push(node.textContent ?? "");
    }).observe(place, { childList: true });
  });
  return () => page.evaluate(() => /** @type {any} */ (globalThis).seenToasts);
}
