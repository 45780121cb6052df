// @ts-check
// The dashboard in the real program: how it is served, a photo from the folder to the screen, the program's death.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";

import { launch, open } from "../open.js";
import { fits, hasLink, titleIs, verdictIs } from "./page.js";
import { folderOfKilat, jpeg } from "./program.js";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {ReturnType<typeof folderOfKilat>} */
let kilat;
before(async () => {
  kilat = folderOfKilat();
  browser = await launch();
});
after(async () => {
  await browser.close();
  kilat.remove();
});

test("a photo in the folder is on the page, safe, with its picture and its receipts; a dead server is noticed", async () => {
  let server = await kilat.start();
  const { page, context, done } = await open(browser, `http://${server.http}/admin`);
  await page.waitForSelector(".door form");
  // In the same tab, as from a chat: only the address changes.
  await page.goto(server.link);
  await hasLink(page, "live");
  assert.equal(page.url(), `http://${server.http}/admin`, "the code does not stay in the address");
  const [cookie] = await context.cookies();
  assert.ok(cookie?.httpOnly && cookie.sameSite === "Strict");
  await verdictIs(page, "ready");
  kilat.shoot("DSC_0001.JPG", await jpeg(browser, 200));
  await titleIs(page, "1 photo is safe");
  await page.waitForSelector('.tile[data-state="stored"] img.is-there');
  await page.click(".tile");
  await page.waitForSelector("dialog[open] .copy.is-stored");
  assert.match((await page.textContent("dialog")) ?? "", /read back/);
  await page.click("dialog .sheet-head button");

  server.child.kill("SIGKILL");
  await once(server.child, "exit");
  await hasLink(page, "none");
  assert.match(await verdictIs(page, "stale"), /This device lost Kilat/);
  server = await kilat.start({ http: server.http, ws: server.ws });
  await hasLink(page, "live");
  kilat.shoot("DSC_0002.JPG", await jpeg(browser, 20));
  await titleIs(page, "2 photos are safe");
  assert.deepEqual(await page.locator(".tile .tile-name").allTextContents(), ["DSC_0002", "DSC_0001"]);

  await page.click('button:has-text("Pause copying")');
  await titleIs(page, "Copying is paused");
  await page.click('#verdict button:has-text("Copy again")');
  await verdictIs(page, "safe");
  await page.goto(`http://${server.http}/admin#/photos`);
  await page.waitForSelector(".grid .tile >> nth=1");
  await fits(page);
  await page.goto(`http://${server.http}/admin#/more`);
  await page.click('button:has-text("Sign out")');
  await page.waitForSelector(".door form");
  await done();
  server.child.kill("SIGTERM");
  const [code] = await once(server.child, "exit");
  assert.equal(code, 0);
});

test("the dashboard is small on the wire, kept for ever under its names, and under the policy", async () => {
  const server = await kilat.start();
  const { page, context, done } = await open(browser, "about:blank");
  const wire = await context.newCDPSession(page);
  await wire.send("Network.enable");
  /** @type {Map<string, { url: string, headers: Record<string, string> }>} */
  const answers = new Map();
  let bytes = 0;
  wire.on("Network.responseReceived", ({ requestId, response }) => {
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    answers.set(requestId, { url: response.url, headers });
  });
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (answers.get(requestId)?.url.endsWith(".js")) bytes += encodedDataLength;
  });
  await page.goto(server.link);
  await hasLink(page, "live");
  await verdictIs(page, "safe");
  const painted = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
  process.stdout.write(
    `# first load: ${bytes} bytes of scripts on the wire, first paint after ${Math.round(painted)} ms\n`,
  );
  assert.ok(bytes > 40_000 && bytes <= 100 * 1_024, `${bytes} bytes of scripts`);
  const assets = [...answers.values()].filter(({ url }) => url.includes("/admin/assets/"));
  assert.ok(assets.length >= 4);
  for (const { url, headers } of assets) {
    assert.equal(headers["cache-control"], "public, max-age=31536000, immutable", url);
    assert.match(headers["content-encoding"] ?? "", /^(br|gzip)$/, url);
    assert.match(headers["vary"] ?? "", /accept-encoding/, url);
  }
  const html = [...answers.values()].find(({ url }) => /\/admin(#|$)/.test(url));
  assert.equal(html?.headers["cache-control"], "no-cache");
  const policy = html?.headers["content-security-policy"] ?? "";
  assert.match(policy, /script-src 'self';.*style-src 'self';/);
  assert.doesNotMatch(policy, /unsafe/);
  // Whoever takes no packed form is given the plain one; what is not there is not answered with a page.
  const [script] = assets.filter(({ url }) => url.endsWith(".js"));
  const plain = await fetch(script?.url ?? "", { headers: { "accept-encoding": "identity" } });
  assert.equal(plain.headers.get("content-encoding"), null);
  assert.match(await plain.text(), /createElement|jsx/);
  assert.equal((await fetch(`http://${server.http}/admin/assets/index-00000000.js`)).status, 404);
  await done();
  server.child.kill("SIGTERM");
  await once(server.child, "exit");
});
