// @ts-check
// The browser, and a page whose errors fail the test.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const PROGRAM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** What takes longer will never happen. */
export const NEVER_MS = 60_000;

export function launch() {
  return chromium.launch({ executablePath: PROGRAM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/**
 * @param {import("playwright-core").Browser} browser @param {string} url
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(NEVER_MS);
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    // A link that is cut is the test's own doing.
    if (message.type() === "error" && !/net::ERR|WebSocket|503|409|404|401/.test(message.text()))
      errors.push(message.text());
  });
  await page.goto(url);
  const done = async () => {
    assert.deepEqual(errors, []);
    await context.close();
  };
  return { page, context, done };
}
