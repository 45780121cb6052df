// @ts-check
// Names of files, of folders and of an event, and what stands in EXIF, as an attacker would write them, in real photos in
// a real hot folder: all of it is shown as text, on every page, and nothing of it ever runs.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { fits, hasLink, titleIs } from "./page.js";
import { until } from "./program.js";
import { watch } from "./truth.js";
import { withExif, world } from "./world.js";

const EVENT = `<img src=x onerror="owned=1">{{owned=1}}`;
/** One thing each; a file's name holds neither a slash nor a zero. */
const NAMES = [
  "<img src=x onerror=owned=1>.JPG",
  `"><svg onload=owned=1>.JPG`,
  `'-owned=1-'.JPG`,
  "<script>owned=1<!--.JPG",
  "&lt;script&gt;owned=1&lt;&#x2f;script&gt;.JPG",
  "javascript:owned=1.JPG",
  "{{constructor.constructor('owned=1')()}}.JPG",
  "two\nlines\r\n\tand more.JPG",
  "photo\u202egpj.exe.JPG",
  "x%2f..%2f..%2fetc%2fpasswd.JPG",
  "#in=owned.JPG",
  "__proto__.JPG",
  "--help.JPG",
  `${"😀".repeat(62)}xyz.JPG`,
  Buffer.from("caf\xe9 \xff\xfe.JPG", "latin1"),
];
const FOLDERS = [`"><img src=x onerror=owned=1>`, "x..%2f..%2f", "x.. "];
const FIELDS = {
  description: "<script>owned=1</script>",
  artist: `"><img src=x onerror=owned=1>`,
  copyright: "</title><script>owned=1</script>",
  software: "javascript:owned=1",
  make: "<b>Maker</b>",
  model: `"><svg onload=owned=1>`,
};
const PAGES = [
  "photos",
  "backups",
  "alerts",
  "more",
  "cameras",
  "storage",
  "machine",
  "events",
  "settings",
  "clients",
  "about",
];

/** @type {import("./world.js").World} */
let kilat;
before(async () => {
  kilat = await world(EVENT);
});
after(() => kilat.end());

/** Notes what a script of somebody else would set off. @param {import("playwright-core").Page} page @param {string[]} wrong */
async function guard(page, wrong) {
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.exposeBinding("violated", (_, what) => wrong.push(`policy: ${what}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      /** @type {any} */ (globalThis).violated(`${violatedDirective} ${blockedURI}`),
    );
  });
}

test("names and EXIF of an attacker are text on every page, in every photo's sheet and notice, and run nothing", async () => {
  for (const [at, name] of NAMES.entries())
    kilat.put(name, withExif(kilat.picture, { ...FIELDS, software: `${FIELDS.software}${at}` }));
  for (const [at, name] of FOLDERS.entries()) {
    mkdirSync(join(kilat.hot, name));
    kilat.put(`${name}/inside-${at}.JPG`, withExif(kilat.picture, { ...FIELDS, description: `inside ${at}` }));
  }
  /** @type {string[]} */
  const wrong = [];
  const { page, done } = await kilat.open({ viewport: { width: 360, height: 740 } });
  const truth = await watch(page, kilat.dropped);
  await guard(page, wrong);
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin !== new URL(kilat.home()).origin || !/^\/(admin|api|favicon)/.test(pathname)) wrong.push(request.url());
  });
  await page.goto(kilat.link());
  await hasLink(page, "live");
  await titleIs(page, `${kilat.dropped()} photos are safe`);

  /** What React wrote stands there as it was written; what a parser would have made of it does not. @param {string} where */
  async function isText(where) {
    const found = await page.evaluate(() => ({
      owned: "owned" in globalThis,
      made: [...document.querySelectorAll("body :is(script, iframe, object, embed, form[action], svg[onload], b b)")]
        .length,
      images: [...document.images].filter(({ src }) => !/\/api\/photos\/\w+\/preview/.test(src)).length,
      handlers: [...document.querySelectorAll("body *")].filter((one) =>
        one.getAttributeNames().some((name) => /^on/.test(name)),
      ).length,
      links: [...document.links].filter(({ protocol }) => !/^https?:$/.test(protocol)).length,
    }));
    assert.deepEqual(found, { owned: false, made: 0, images: 0, handlers: 0, links: 0 }, where);
    assert.deepEqual(wrong, [], where);
  }
  await isText("now");
  assert.equal(await page.textContent("h1"), EVENT);
  assert.ok((await page.title()).includes(EVENT));
  assert.ok((await page.textContent(".now-cameras"))?.includes(FIELDS.model));
  for (const name of PAGES) {
    await page.goto(`${kilat.home()}#/${name}`);
    await page.waitForSelector(`main[data-page="${name}"] > :not(.skeleton, .page-head)`);
    await isText(name);
    await fits(page);
  }
  // One that cannot be taken in is told by its name: on Now, and in a notice that everybody gets.
  const broken = "<img src=x onerror=owned=1> broken \u202e.JPG";
  writeFileSync(join(kilat.hot, broken), kilat.picture.subarray(0, 900));

  const { photos } = await kilat.ask("/api/photos?limit=60");
  const given = NAMES.filter((name) => typeof name === "string");
  const told = photos.map((/** @type {{ name: string }} */ { name }) => name);
  for (const name of given) assert.ok(told.includes(name), `the server tells it as it is: ${name}`);
  for (const { id, name } of photos) {
    await page.goto(`${kilat.home()}#/photos/${id}`);
    await page.waitForSelector("dialog[open] .copy.is-stored");
    const shown = (await page.textContent("dialog[open] h2")) ?? "";
    assert.equal(shown, name.replaceAll("\u202e", "\ufffd"));
    assert.ok((await page.textContent("dialog[open] .facts"))?.includes(FIELDS.model));
    await isText(name);
    await fits(page);
  }
  const [start = ""] = broken.split("\u202e");
  for (const [name, place] of /** @type {const} */ ([
    ["alerts", ".alerts-item"],
    ["now", ".now-problems .row"],
  ])) {
    await page.goto(`${kilat.home()}#/${name}`);
    await page.waitForFunction(
      ([place, start]) => document.querySelector(place)?.textContent?.includes(`${start}\ufffd`),
      /** @type {[string, string]} */ ([place, start]),
    );
    await isText(name);
    await fits(page);
  }
  await truth.check();

  await done();
});

test("a script that is not of Kilat is refused by the policy, and the guard sees it", async () => {
  /** @type {string[]} */
  const wrong = [];
  const { page, context } = await kilat.enter({}, (page) => guard(page, wrong));
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "owned = 1";
    document.body.append(script);
  });
  await until("it is seen", async () => wrong.length > 0);
  assert.match(wrong[0] ?? "", /^policy: script-src/);
  assert.equal(await page.evaluate(() => "owned" in globalThis), false);
  await context.close();
});
