// @ts-check
// Photos that a stock tus client hands in: from a program, through the server's death in the middle; from a page of
// another address, as a phone's browser would. Each stands at the destination byte for byte.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

import * as tus from "tus-js-client";

import { launch, open } from "../open.js";
import { folderOfKilat, jpeg, until } from "./program.js";

/** @type {import("playwright-core").Browser} */
let browser;
const kilat = folderOfKilat();
/** @type {Awaited<ReturnType<typeof kilat.start>>} */
let server;
let token = "";
/** A camera's user and password, as HTTP Basic says them. */
let basic = "";
before(async () => {
  browser = await launch();
  server = await kilat.start();
  const { said } = await kilat.run(["token", "create", "--role", "agent", "--name", "Phone of Budi"]);
  token = said.match(/klt_\w+/)?.[0] ?? "";
  assert.ok(token, said);
  const made = await kilat.run(["camera", "add", "Phone of Sari", "--json"]);
  const { user, password } = JSON.parse(made.said.match(/\{.*\}/)?.[0] ?? "{}");
  basic = `Basic ${btoa(`${user}:${password}`)}`;
  assert.equal(user, "phone-of-sari", made.said);
});
after(async () => {
  await browser.close();
  kilat.remove();
});

/** The same picture behind so many comments of 60 KB. @param {Buffer} jpeg @param {number} comments */
function longer(jpeg, comments) {
  const text = Buffer.alloc(60_000, "film");
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, (text.length + 2) >> 8, (text.length + 2) & 0xff]), text]);
  return Buffer.concat([jpeg.subarray(0, 2), ...Array(comments).fill(comment), jpeg.subarray(2)]);
}

/** What stands at the destination, past Kilat's own files. */
const copies = () =>
  readdirSync(join(kilat.folder, "out"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".JPG"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));

test("a camera's upload goes on by itself when the server was killed in the middle", async () => {
  const photo = longer(await jpeg(browser, 10), 200);
  let isKilled = false;
  /** @type {string} */
  const state = await new Promise((resolve, reject) => {
    const upload = new tus.Upload(photo, {
      endpoint: `http://${server.http}/intake/tus`,
      headers: { Authorization: basic },
      metadata: { filename: "DSC_0001.JPG" },
      chunkSize: 2_000_000,
      retryDelays: [100, 500, 1_000, 2_000, 4_000, 8_000],
      onChunkComplete: (_, came) => {
        if (isKilled || came < 4_000_000) return;
        isKilled = true;
        server.child.kill("SIGKILL");
        const { http, ws } = server;
        once(server.child, "exit").then(async () => {
          server = await kilat.start({ http, ws });
        }, reject);
      },
      onError: reject,
      onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader("X-Kilat-State") ?? ""),
    });
    upload.start();
  });
  assert.equal(state, "filed");
  assert.ok(isKilled);
  await until("it is copied", async () => copies().length === 1);
  assert.ok(copies()[0]?.equals(photo));
});

test("a form of a stock client hands in all of its files, and names those that are not whole", async () => {
  const photos = [await jpeg(browser, 60), await jpeg(browser, 120)];
  /** @param {readonly (readonly [string, Buffer])[]} files */
  const post = async (files) => {
    const form = new FormData();
    form.append("album", "Garden wedding");
    for (const [name, bytes] of files) form.append("photo", new Blob([new Uint8Array(bytes)]), name);
    const options = { method: "POST", body: form, headers: { authorization: basic } };
    const answer = await fetch(`http://${server.http}/intake`, options);
    return { status: answer.status, body: /** @type {any} */ (await answer.json()) };
  };
  const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = photos;
  const whole = await post([
    ["café 1.JPG", one],
    ["DSC_0003.JPG", two],
  ]);
  assert.equal(whole.status, 207, JSON.stringify(whole.body));
  assert.deepEqual(
    whole.body.files.map((/** @type {any} */ file) => [file.name, file.status, file.outcome.state]),
    [
      ["café 1.JPG", 201, "filed"],
      ["DSC_0003.JPG", 201, "filed"],
    ],
  );
  const torn = await post([
    ["DSC_0003.JPG", two],
    ["DSC_0004.JPG", (await jpeg(browser, 180)).subarray(0, 2_000)],
  ]);
  assert.deepEqual([torn.status, torn.body.code, torn.body.files[1].outcome.code], [422, "in_part", "cut_off"]);
  await until("they are copied", async () => photos.every((photo) => copies().some((copy) => copy.equals(photo))));
});

test("a page of another address hands in what its user chose", async () => {
  const script = join(dirname(createRequire(import.meta.url).resolve("tus-js-client")), "../../dist/tus.min.js");
  const site = createServer((request, answer) => {
    const isScript = request.url === "/tus.js";
    answer.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    answer.end(isScript ? readFileSync(script) : "<!doctype html><title>Studio</title><script src='/tus.js'></script>");
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  const address = /** @type {import("node:net").AddressInfo} */ (site.address());
  const photo = await jpeg(browser, 200);
  const { page, done } = await open(browser, `http://127.0.0.1:${address.port}/`);
  const told = await page.evaluate(
    ({ base64, endpoint, token }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      /** @type {typeof import("tus-js-client")} */
      const tus = /** @type {any} */ (globalThis).tus;
      return new Promise((resolve, reject) => {
        const upload = new tus.Upload(new Blob([bytes]), {
          endpoint,
          headers: { Authorization: `Bearer ${token}` },
          metadata: { filename: "IMG_0002.JPG" },
          retryDelays: null,
          onError: (error) => reject(new Error(error.message)),
          onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader("X-Kilat-State")),
        });
        upload.start();
      });
    },
    { base64: photo.toString("base64"), endpoint: `http://${server.http}/intake/tus`, token },
  );
  assert.equal(told, "filed");
  await done();
  site.close();
  await until("it is copied", async () => copies().some((copy) => copy.equals(photo)));
});
