// @ts-check
// "At no moment untrue": every change of what a page shows, held against what could be known at that moment.

import assert from "node:assert/strict";

import { NEVER_MS } from "../open.js";

/** A state may be shown as current for so long (the server's word is 35 s), and the second that draws its age. */
const GREEN_MS = 35_000 + 1_500;

/** Parts of a page that hear of the same change: each is drawn within a tenth of a second, where the machine is free. */
const FLUSH_MS = 1_500;

/** @typedef {import("playwright-core").Page} Page */
/**
 * What a page showed from a moment on; times by the page's own clock, which a test may have moved.
 * @typedef {object} Seen
 * @property {number} atMs
 * @property {string | null} link
 * @property {string | null} verdict
 * @property {string} title
 * @property {boolean} isStale
 * @property {(number | null)[] | null} counts shot, held, stored, safe
 * @property {string[]} photos
 * @property {string[]} notices
 */

/**
 * Watches from the first moment on: to be called before the page goes anywhere. `dropped` is how many photos there can be.
 * @param {Page} page @param {() => number} dropped
 */
export async function watch(page, dropped) {
  /** @type {(Seen & { most: number })[]} */
  const seen = [];
  /** When nothing could be known any more, until when, and for how long that may not have been noticed. @type {{ fromMs: number, toMs: number, liveMs: number, greenMs: number }[]} */
  const gone = [];
  /** @type {(() => void)[]} */
  const waiting = [];
  await page.exposeBinding("kilatSaw", (_, /** @type {Seen} */ one) => {
    seen.push({ ...one, most: dropped() });
    for (const look of waiting.splice(0)) look();
  });
  await page.addInitScript(look);
  const nowMs = () => page.evaluate(() => Date.now());
  return {
    seen,
    nowMs,
    /**
     * From now on nothing that the server knows can reach the page. It may call itself live for `liveMs`, and be green for `greenMs`.
     * @param {number} liveMs @param {number} [greenMs]
     */
    async lost(liveMs, greenMs = GREEN_MS) {
      gone.push({ fromMs: await nowMs(), toMs: Infinity, liveMs, greenMs });
    },
    /** From now on something can. */
    async found() {
      const last = gone.at(-1);
      if (last) last.toMs = await nowMs();
    },
    /** Waits until this is what stands there, also where nobody sees it and nothing is drawn. @param {Partial<Seen>} wanted */
    async shows(wanted) {
      const names = /** @type {(keyof Seen)[]} */ (Object.keys(wanted));
      while (!names.every((name) => seen.at(-1)?.[name] === wanted[name]))
        await new Promise((next, fail) => {
          const never = setTimeout(() => fail(new Error(`it shows ${JSON.stringify(seen.at(-1))}`)), NEVER_MS);
          waiting.push(() => next(clearTimeout(never)));
        });
    },
    /** Nothing untrue was seen so far. */
    async check() {
      const untilMs = await nowMs();
      assert.ok(seen.length > 0, "something was seen");
      for (const [at, one] of seen.entries()) {
        const said = JSON.stringify(one);
        const toMs = seen[at + 1]?.atMs ?? untilMs;
        judge(one, said);
        const isTorn =
          one.link === "none" ? !one.isStale || (one.verdict ?? "stale") !== "stale" : one.isStale && isGreen(one);
        if (isTorn) assert.ok(toMs - one.atMs <= FLUSH_MS, `not grey for ${toMs - one.atMs} ms: ${said}`);
        for (const { fromMs, toMs: backMs, liveMs, greenMs } of gone) {
          const shownMs = Math.min(toMs, backMs);
          if (one.atMs >= backMs || shownMs <= fromMs) continue;
          if (one.link === "live") assert.ok(shownMs <= fromMs + liveMs, `live ${shownMs - fromMs} ms after: ${said}`);
          if (isGreen(one)) assert.ok(shownMs <= fromMs + greenMs, `green ${shownMs - fromMs} ms after: ${said}`);
        }
      }
    },
  };
}

/** @param {Seen} one */
const isGreen = ({ verdict }) => /safe|ready/.test(verdict ?? "");

/** What must hold of every moment by itself. @param {Seen & { most: number }} one @param {string} said */
function judge({ title, counts, photos, notices, most }, said) {
  if (counts) {
    const [shot = null, held = null, stored = null, safe = null] = counts;
    const ladder = [safe, stored, held, shot ?? most, most];
    for (const [step, count] of ladder.entries()) {
      const next = ladder[step + 1];
      if (typeof count === "number" && typeof next === "number")
        assert.ok(count <= next, `more than there can be: ${said}`);
    }
    const told = title.match(/^([\d.,]+) photos? (?:is|are) safe$/)?.[1];
    if (told) assert.equal(Number(told.replaceAll(/\D/g, "")), safe, `the title and the counts differ: ${said}`);
  }
  assert.ok(photos.length <= most && new Set(photos).size === photos.length, `a photo twice: ${said}`);
  assert.equal(new Set(notices).size, notices.length, `a notice twice: ${said}`);
}

/** Runs in the page: says what it shows, whenever that is another thing. */
function look() {
  let before = "";
  const text = (/** @type {string} */ selector) => document.querySelector(selector)?.textContent ?? "";
  const all = (/** @type {string} */ selector, /** @type {string} */ name) =>
    [...document.querySelectorAll(selector)].map((element) => element.getAttribute(name) ?? "");
  const read = () => {
    const counts = document.querySelector("#counts");
    const seen = {
      link: document.querySelector(".header-link")?.getAttribute("data-link") ?? null,
      verdict: document.querySelector("#verdict")?.className.match(/is-(\w+)/)?.[1] ?? null,
      title: text(".verdict-title"),
      isStale: document.querySelector("main.is-stale") !== null,
      counts:
        counts &&
        [...counts.querySelectorAll(".count b")].map((one) => {
          const digits = (one.textContent ?? "").replaceAll(/\D/g, "");
          return digits === "" ? null : Number(digits);
        }),
      photos: all(".tile", "data-photo"),
      notices: all(".alerts-item", "data-notice"),
    };
    const said = JSON.stringify(seen);
    if (said === before) return;
    before = said;
    /** @type {any} */ (globalThis).kilatSaw({ atMs: Date.now(), ...seen });
  };
  new MutationObserver(read).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  });
}
