// @ts-check
// A card in the real program: offered on the page, imported by a press, held when the page says so. The machine is made
// up: the program has a /media of its own, which needs the right to namespaces.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch, open } from "../open.js";
import { fits, hasLink, isAccessible } from "./page.js";
import { folderOfKilat, get, jpeg, NEVER_AN_ALARM, set } from "./program.js";

const FRAMES = 6;
/** A `/media` of its own, with a place for one card. */
const MACHINE = 'mount -t tmpfs media /media && mkdir "/media/NIKON Z 9" && exec "$@"';

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

test("a card that is put in is offered, and everything on it is here when the page says so", async () => {
  const card = join(kilat.folder, "card");
  mkdirSync(join(card, "DCIM/100NCZ_9"), { recursive: true });
  for (let number = 1; number <= FRAMES; number += 1)
    writeFileSync(join(card, `DCIM/100NCZ_9/DSC_000${number}.JPG`), await jpeg(browser, number * 40));
  const under = ["unshare", "--mount", "--propagation", "private", "sh", "-c", MACHINE, "sh"];
  const { child, link } = await kilat.start({ under });
  const { page, done } = await open(browser, link, { viewport: { width: 360, height: 740 } });
  await hasLink(page, "live");
  await set(page, NEVER_AN_ALARM);
  await page.evaluate(() => {
    location.hash = "#/cameras";
  });
  await page.waitForSelector(".cameras .row");
  const at = [`--mount=/proc/${child.pid}/ns/mnt`, "mount", "--bind", card, "/media/NIKON Z 9"];
  const mounted = spawnSync("nsenter", at, { encoding: "utf8" });
  assert.equal(mounted.status, 0, mounted.stderr);

  const shown = page.locator('.cameras-card:has-text("NIKON Z 9")');
  await shown.locator(`.cameras-offer:has-text("${FRAMES} photos on this card are not here yet")`).waitFor();
  assert.equal((await get(page, "/api/now")).counts.held, 0, "nothing is read before somebody asks");
  await fits(page);
  await isAccessible(page);
  await shown.getByRole("button", { name: "Import: NIKON Z 9" }).click();
  await shown.locator('[role="status"]:has-text("Every photo on this card is here")').waitFor();
  assert.equal((await get(page, "/api/now")).counts.held, FRAMES);
  assert.equal(await shown.getByRole("button", { name: "Import: NIKON Z 9" }).count(), 0);
  await fits(page);
  await isAccessible(page);
  const listed = await kilat.run(["camera", "cards"]);
  assert.match(listed.said, /NIKON Z 9.*every frame on it is held/);
  await done();
});
