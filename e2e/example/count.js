// @ts-check
// API calls of the example's open page, counted in front of the server: connected, then with every socket refused.
// MINUTES of each; prints one JSON object.

import { setTimeout as pause } from "node:timers/promises";

import { launch, open } from "../open.js";
import { door } from "./door.js";
import { DOOR_PORT, freePort, PAGE_PORT, startKilat, startPage, stopAll, temporary } from "./site.js";

const MINUTES = Number(process.env["MINUTES"] ?? 3);
const { folder, remove } = temporary();
const port = await freePort();
const way = await door(DOOR_PORT, port);
const stopKilat = await startKilat(folder, port, ["demo"]);
const stopPage = await startPage();
const browser = await launch();
try {
  const { page } = await open(browser, `http://localhost:${PAGE_PORT}/admin`, {
    viewport: { width: 1280, height: 900 },
  });
  await page.waitForSelector('.kl-body[data-state="live"] >> nth=2');
  const opening = way.counted();
  await pause(MINUTES * 60_000);
  const connected = way.counted();
  way.sockets(false);
  await page.waitForFunction(() => document.querySelector(".kl-pill")?.textContent?.startsWith("Polling"));
  await pause(MINUTES * 60_000);
  const refused = way.counted();
  process.stdout.write(
    `${JSON.stringify({ minutes: MINUTES, opening, connected, refused, most: way.most() }, null, 2)}\n`,
  );
} finally {
  await browser.close();
  await stopPage();
  await stopKilat();
  stopAll();
  way.close();
  remove();
}
