// @ts-check
// The Next.js example, built, against the real program: three monitors over one socket, and the truth when it is gone.

import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { launch, NEVER_MS, open } from "../open.js";
import { door } from "./door.js";
import { DOOR_PORT, freePort, hot, isBuilt, PAGE_PORT, startKilat, startPage, stopAll, temporary } from "./site.js";

/** The React that the site installed. The App Router has Next's own, whatever that is. */
const REACT = process.env["EXAMPLE_REACT"] ?? "";
const PAGE = `http://localhost:${PAGE_PORT}`;

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {ReturnType<typeof temporary>} */
let place;
/** @type {Awaited<ReturnType<typeof door>>} */
let way;
/** @type {number} */
let port;
/** @type {() => Promise<void>} */
let stopKilat;
let shot = 0;
before(async () => {
  assert.ok(isBuilt(), "EXAMPLE names the built example");
  browser = await launch();
  place = temporary();
  port = await freePort();
  way = await door(DOOR_PORT, port);
  stopKilat = await startKilat(place.folder, port);
  await startPage();
});
afterEach(async () => {
  // What a failed test left open.
  for (const context of browser.contexts()) await context.close();
  way.sockets(true);
});
after(async () => {
  await browser.close();
  stopAll();
  way.close();
  place.remove();
});

/** @param {string} path @param {import("playwright-core").BrowserContextOptions} [options] */
async function look(path, options = {}) {
  const opened = await open(browser, `${PAGE}${path}`, { viewport: { width: 1280, height: 900 }, ...options });
  // Also what a development build would only warn of, and what a production build counts by number.
  opened.page.on("console", (message) => {
    if (/hydrat|minified react error/i.test(message.text())) hydration.push(message.text());
  });
  /** @type {string[]} */
  const hydration = [];
  const done = async () => {
    assert.deepEqual(hydration, []);
    await opened.done();
  };
  return { ...opened, done };
}

/** @param {import("playwright-core").Page} page @param {string[]} words one a monitor */
const pillsAre = (page, words) =>
  page.waitForFunction(
    (words) => {
      const pills = [...document.querySelectorAll(".kl-head .kl-pill")].map((pill) => pill.textContent ?? "");
      return pills.length === words.length && pills.every((pill, at) => pill.startsWith(words[at] ?? "?"));
    },
    words,
    { timeout: NEVER_MS },
  );
const LIVE = ["Live", "Live", "Polling 2 min"];

/** Puts another photo into the folder. */
function shoot() {
  shot += 1;
  const name = `DSC_${shot}.JPG`;
  // As a camera's program does: written beside, then there at once.
  const part = join(place.folder, name);
  writeFileSync(part, `not a picture, but a file: ${name}`);
  renameSync(part, join(hot(place.folder), name));
}

/** @param {import("playwright-core").Page} page @param {number} count */
const uploadedAre = (page, count) =>
  page.waitForFunction(
    (count) => document.querySelector(".kl-card .kl-count .kl-figure")?.textContent === `${count}`,
    count,
    { timeout: NEVER_MS },
  );

for (const path of ["/admin", "/admin-pages"]) {
  test(`${path}: three monitors are live over one socket, and a photo in the folder is there`, async () => {
    const { page, done } = await look(path);
    await pillsAre(page, LIVE);
    assert.equal(await page.locator('.kl-body[data-state="live"]').count(), 3);
    assert.equal(way.open(), 1, "one socket, however many hooks");
    const version = (await page.getAttribute(".live", "data-react")) ?? "";
    if (path === "/admin-pages") assert.equal(version, REACT, "the site's own React renders the Pages Router");
    else assert.match(version, /^19\./, "the App Router has a React of its own");
    shoot();
    await uploadedAre(page, shot);
    // In the console, as the document says.
    const status = await page.evaluate(() =>
      /** @type {any} */ (window)
        .getWebSocketClient()
        .getStatus(),
    );
    assert.deepEqual([status.link, status.mode, status.isConnected], ["live", "websocket", true]);
    await done();
  });

  test(`${path}: no socket is polling, no server is no link, and both come back`, async () => {
    const { page, done } = await look(path);
    await pillsAre(page, LIVE);
    way.sockets(false);
    await pillsAre(page, ["Polling 30 s", "Polling 30 s", "Polling 2 min"]);
    way.sockets(true);
    await pillsAre(page, LIVE);
    await stopKilat();
    await pillsAre(page, ["No link", "No link", "No link"]);
    shoot();
    stopKilat = await startKilat(place.folder, port);
    await pillsAre(page, LIVE);
    await uploadedAre(page, shot);
    assert.equal(way.open(), 1);
    await done();
  });
}

test("from page to page of the site the socket stays, and away from the monitors it ends", async () => {
  const { page, done } = await look("/admin");
  await pillsAre(page, LIVE);
  way.counted();
  await page.click("text=Clients");
  await page.waitForSelector("text=Nobody waits");
  await page.click("text=Live");
  await pillsAre(page, LIVE);
  assert.equal(way.counted()["upgrade"] ?? 0, 0, "the same socket");
  await page.click("text=Clients");
  // The socket of a page without monitors ends.
  await way.whenEmpty();
  await done();
});

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`bare rules of the studio's own sheet change nothing of the monitors, ${colorScheme}`, async () => {
    const { page, done } = await look("/admin", { colorScheme });
    await pillsAre(page, LIVE);
    const leaks = await page.evaluate(() => {
      // A knob has no text of its own.
      const names = "color background-color font-family font-size font-weight font-style line-height text-align";
      const more =
        "padding-top padding-left border-top-width border-top-left-radius list-style-type opacity box-shadow";
      const parts = [...document.querySelectorAll(".kl-card, .kl-card *")].filter((part) => !part.closest(".kl-knob"));
      const read = () =>
        parts.map((part) => {
          const style = getComputedStyle(part);
          return `${names} ${more}`.split(" ").map((name) => `${name}: ${style.getPropertyValue(name)}`);
        });
      const before = read();
      for (const sheet of document.styleSheets) {
        for (let at = sheet.cssRules.length - 1; at >= 0; at -= 1) {
          const rule = sheet.cssRules[at];
          if (rule instanceof CSSStyleRule && !/[.:]/.test(rule.selectorText)) sheet.deleteRule(at);
        }
      }
      const without = read();
      return [
        ...new Set(
          parts.flatMap((part, at) =>
            (before[at] ?? []).flatMap((value, of) => {
              const bare = without[at]?.[of];
              return value === bare ? [] : [`${part.tagName} ${part.getAttribute("class")}: ${value}, else ${bare}`];
            }),
          ),
        ),
      ];
    });
    assert.deepEqual(leaks, []);
    await done();
  });
}

test("on a phone nothing is wider than the screen, and the switches are large enough", async () => {
  for (const width of [360, 412]) {
    const { page, done } = await look("/admin", { viewport: { width, height: 780 }, hasTouch: true });
    await pillsAre(page, LIVE);
    const { wide, small } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: [...document.querySelectorAll("button, [role=switch], .top a")]
        .map((one) => one.getBoundingClientRect())
        .filter(({ width, height }) => width < 43.9 || height < 43.9).length,
    }));
    assert.deepEqual([wide, small], [0, 0]);
    // By touch: the real-time switch of the first monitor.
    await page.locator('.kl-card >> nth=0 >> [role="switch"]').tap();
    await pillsAre(page, ["Polling 30 s", "Live", "Polling 2 min"]);
    await done();
  }
});

test("a device that loses its network says so, and is live again by itself when it is back", async () => {
  const { page, context, done } = await look("/admin");
  await pillsAre(page, LIVE);
  await context.setOffline(true);
  await pillsAre(page, ["No link", "No link", "No link"]);
  await context.setOffline(false);
  await pillsAre(page, LIVE);
  assert.equal(way.open(), 1);
  await done();
});
