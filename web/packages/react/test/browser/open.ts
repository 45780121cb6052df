// The browser, a page whose errors fail the test, and what every state is held to.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** What takes longer will never happen. */
export const NEVER_MS = 60_000;
export const FILES = {
  19: { script: "build/page-19/page.js", style: "build/page-19/page.css" },
  18: { script: "build/page-18/page.js", style: "build/page-18/page.css" },
};
/** Where screenshots go, for whoever wants to look. */
const SHOTS = process.env["KILAT_SHOTS"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const launch = () =>
  chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? assert.fail("CHROMIUM names the browser"),
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });

export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: false, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(NEVER_MS);
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    // A link that is cut, or a refusal, is the test's own doing.
    if (message.type() === "error" && !/net::ERR|WebSocket|status of 4/.test(message.text()))
      errors.push(message.text());
  });
  await page.goto(url);
  const done = async () => {
    assert.deepEqual(errors, []);
    await context.close();
  };
  return { page, context, errors, done };
}

/** Waits until the page has a certain thing. */
export const has = (page: Page, selector: string) => page.waitForSelector(selector);

export const monitors = (page: Page, state: string) =>
  page.waitForFunction((state) => document.querySelectorAll(`.kl-body[data-state="${state}"]`).length === 3, state, {
    timeout: NEVER_MS,
  });

/** Rules of axe that look at the look; all others see the same whatever the width and the colours. */
const LOOKS = [
  "color-contrast",
  "target-size",
  "scrollable-region-focusable",
  "aria-hidden-focus",
  "nested-interactive",
];

/** No fault that axe knows, none of the targets too small or too near, nothing wider than the screen. */
export async function holds(page: Page, what: string, rules: "all" | "looks" = "all") {
  // Through the debugger: the page's policy lets no other script in.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const faults = await page.evaluate(
    async (only) => {
      const { axe } = window as unknown as {
        axe: { run(of: Document, options: object): Promise<{ violations: Fault[] }> };
      };
      type Fault = { id: string; nodes: { html: string; failureSummary: string }[] };
      const { violations } = await axe.run(document, {
        resultTypes: ["violations"],
        ...(only && { runOnly: only }),
      });
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    },
    rules === "looks" ? LOOKS : null,
  );
  assert.deepEqual(faults, [], `${what}: axe`);
  const wrong = await page.evaluate(() => {
    const wrong: string[] = [];
    const boxes = [...document.querySelectorAll("button, input, select, [role=switch]")].map((element) => {
      // What is pressed of a tick is its whole line.
      const { left, top, right, bottom } = (element.closest("label.kl-choice") ?? element).getBoundingClientRect();
      return { name: element.outerHTML.slice(0, 120), left, top, right, bottom };
    });
    for (const { name, left, top, right, bottom } of boxes)
      if (right - left < 43.9 || bottom - top < 43.9) wrong.push(`${right - left} × ${bottom - top}: ${name}`);
    for (const [at, one] of boxes.entries())
      for (const other of boxes.slice(at + 1)) {
        const across = Math.max(one.left, other.left) - Math.min(one.right, other.right);
        const down = Math.max(one.top, other.top) - Math.min(one.bottom, other.bottom);
        if (Math.max(across, down) < 7.9) wrong.push(`${Math.max(across, down)} apart: ${one.name} ${other.name}`);
      }
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) wrong.push(`${scrollWidth} px wide on ${clientWidth}`);
    return wrong;
  });
  assert.deepEqual(wrong, [], what);
}

export async function shoot(page: Page, name: string) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}
