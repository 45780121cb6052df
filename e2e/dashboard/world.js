// @ts-check
// A browser and the real program, which is stopped and started anew, with real photos; what a page asks for and hears.

import assert from "node:assert/strict";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { launch, open } from "../open.js";
import { hasLink } from "./page.js";
import { folderOfKilat, jpeg, NEVER_AN_ALARM, until } from "./program.js";

/** Lets the test ask the server itself, beside what a page says. */
const TOKEN = "a-token-of-the-tests-alone";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContextOptions} Options */
/** @typedef {Awaited<ReturnType<typeof world>>} World */

/** A browser, a folder, and the program in it; `end` takes all of it away. @param {string} [event] */
export async function world(event = "Garden wedding") {
  process.env["KILAT_TOKEN"] = TOKEN;
  const browser = await launch();
  const { folder, start: serve, remove } = folderOfKilat();
  const hot = join(folder, "hot");
  const picture = await jpeg(browser, 180);
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let child;
  let link = "";
  const address = { http: "127.0.0.1:0", ws: "127.0.0.1:0" };
  let dropped = 0;

  async function start() {
    const { http, ws } = address;
    const started = await serve({ http, ws, flags: ["--event", event] });
    ({ child, link } = started);
    address.http = started.http;
    address.ws = started.ws;
  }

  /** @param {"SIGKILL" | "SIGTERM"} signal */
  async function stop(signal) {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }

  /** A photo as a camera's program brings it: whole, under another name first. */
  function drop() {
    const name = `DSC_${String(dropped + 1).padStart(4, "0")}.JPG`;
    put(name, withExif(picture, { description: name }));
    return name;
  }

  /** Any bytes under any name. @param {string | Buffer} name @param {Buffer} bytes */
  function put(name, bytes) {
    dropped += 1;
    const whole = join(folder, `coming-${dropped}`);
    writeFileSync(whole, bytes);
    renameSync(whole, Buffer.concat([Buffer.from(`${hot}/`), Buffer.from(name)]));
  }

  /** What the server itself says. @param {string} path */
  async function ask(path) {
    const answer = await fetch(`http://${address.http}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }

  await start();
  // How full this machine is is no part of what is tested.
  const settings = await fetch(`http://${address.http}/api/admin/system/settings`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(NEVER_AN_ALARM),
  });
  assert.ok(settings.ok, `settings: ${settings.status}`);
  return {
    browser,
    folder,
    hot,
    picture,
    start,
    stop,
    drop,
    put,
    link: () => link,
    ask,
    dropped: () => dropped,
    home: () => `http://${address.http}/admin`,
    address,
    /** A page that went nowhere yet. @param {Options} [options] */
    open: (options) => open(browser, "about:blank", options),
    /** Every photo that was dropped is safe, by the server's own word. */
    stored: () => until("every photo is copied", async () => (await ask("/api/now")).counts.safe === dropped),
    /** How many are connected, by the server's own word. */
    viewers: async () => (await ask("/api/admin/clients")).viewers,
    /** A page that came in by the printed link, and is live. @param {Options} [options] @param {(page: Page) => unknown} [prepare] */
    async enter(options, prepare) {
      const opened = await open(browser, "about:blank", options);
      await prepare?.(opened.page);
      await opened.page.goto(link);
      await hasLink(opened.page, "live");
      return opened;
    },
    async end() {
      await stop("SIGKILL");
      await browser.close();
      remove();
    },
  };
}

/** Counts in the page what it asks for, and knows when all of it is answered: before the page goes anywhere. @param {Page} page */
export async function counted(page) {
  await page.addInitScript(() => {
    const flow = { fetches: 0, sockets: 0, open: 0, beats: 0, settled: () => {} };
    const change = (/** @type {"open" | "beats"} */ what, /** @type {number} */ by) => {
      flow[what] += by;
      if (flow.open === 0 && flow.beats === 0) flow.settled();
    };
    Object.assign(globalThis, { flow });
    const own = globalThis.fetch;
    globalThis.fetch = async (...given) => {
      flow.fetches += 1;
      change("open", 1);
      try {
        const answer = await own(...given);
        // The body is read before it counts as answered.
        await answer.clone().arrayBuffer();
        return answer;
      } finally {
        change("open", -1);
      }
    };
    globalThis.WebSocket = class extends WebSocket {
      #beats = 0;
      /** @param {string | URL} url */
      constructor(url) {
        super(url);
        flow.sockets += 1;
        change("open", 1);
        let isOpening = true;
        const opened = () => {
          if (isOpening) change("open", -1);
          isOpening = false;
        };
        this.addEventListener("message", ({ data }) => {
          // The first word: it is let in.
          opened();
          if (/"heartbeat_response"/.test(data) && this.#beats > 0) {
            this.#beats -= 1;
            change("beats", -1);
          }
        });
        this.addEventListener("close", () => this.#end(opened));
        this.#opened = opened;
      }
      #opened = () => {};
      /** @param {() => void} opened */
      #end(opened) {
        opened();
        change("beats", -this.#beats);
        this.#beats = 0;
      }
      /** @override */
      close() {
        // Whoever closes it waits for nothing more.
        this.#end(this.#opened);
        super.close();
      }
      /** @override @param {string} text */
      send(text) {
        super.send(text);
        if (!/"heartbeat"/.test(text)) return;
        this.#beats += 1;
        change("beats", 1);
      }
    };
  });
  return {
    /** Fetches, and attempts at a WebSocket. */
    read: () =>
      page.evaluate(() => {
        const { fetches, sockets } = /** @type {any} */ (globalThis).flow;
        return { fetches, sockets };
      }),
    /** From now on each attempt at a WebSocket is refused at once; returns the undo. */
    async refuse() {
      await page.evaluate(() => {
        const { flow, WebSocket } = /** @type {any} */ (globalThis);
        flow.WebSocket = WebSocket;
        Object.assign(globalThis, {
          WebSocket: class extends EventTarget {
            onclose = (/** @type {object} */ _) => {};
            constructor() {
              super();
              flow.sockets += 1;
              queueMicrotask(() => this.onclose({ code: 1006, reason: "" }));
            }
            close() {}
          },
        });
      });
      return () =>
        page.evaluate(() => {
          const { flow } = /** @type {any} */ (globalThis);
          Object.assign(globalThis, { WebSocket: flow.WebSocket });
        });
    },
    /**
     * So much time passes for the page, while the server answers whatever it asks; no more than until it has a certain link.
     * @param {number} seconds @param {string} [link]
     */
    async live(seconds, link) {
      const isThere = `[data-link="${link}"]`;
      // Shorter than any patience of the client's; and where it sets its clock by an answer, short enough to be believed.
      const step = link === undefined ? 5 : 1;
      for (let left = seconds; left > 0; left -= step) {
        if (link !== undefined && (await page.locator(isThere).count()) > 0) return;
        await page.clock.runFor(step * 1_000);
        await page.evaluate(() => {
          const { flow } = /** @type {any} */ (globalThis);
          if (flow.open > 0 || flow.beats > 0)
            return new Promise((settled) => {
              flow.settled = () => settled(undefined);
            });
        });
      }
    },
  };
}

/** Every entry of the log that is handed to the page from now on, in order. @param {Page} page */
export async function heard(page) {
  await page.evaluate(() => {
    const { getWebSocketClient } = /** @type {any} */ (globalThis);
    const entries = /** @type {unknown[]} */ ([]);
    Object.assign(globalThis, { entries });
    getWebSocketClient().subscribe(["upload"]);
    getWebSocketClient().on("*", (/** @type {any} */ payload, /** @type {any} */ { type, seq, prev }) => {
      if (prev) entries.push({ type, seq, ...payload });
    });
  });
  return {
    /** The copy of each of these photos was told, once, and everything in order. @param {string[]} names */
    async once(names) {
      await page.waitForFunction((n) => {
        const { entries } = /** @type {any} */ (globalThis);
        return entries.filter((/** @type {any} */ { status }) => status === "completed").length >= n;
      }, names.length);
      const entries = /** @type {{ seq: number, fileName?: string, status?: string }[]} */ (
        await page.evaluate(() => /** @type {any} */ (globalThis).entries)
      );
      const completed = entries.filter(({ status }) => status === "completed").map(({ fileName }) => fileName);
      assert.deepEqual(completed.sort(), [...names].sort(), "each copy was told once");
      const places = entries.map(({ seq }) => seq);
      const inOrder = [...new Set(places)].sort((a, b) => a - b);
      assert.deepEqual(places, inOrder, "told in order, and none twice");
    },
  };
}

/** Tags of the first directory of EXIF that hold text. */
const TAGS = { description: 0x010e, make: 0x010f, model: 0x0110, software: 0x0131, artist: 0x013b, copyright: 0x8298 };

/** The same picture with an EXIF block in front. @param {Buffer} jpeg @param {Partial<Record<keyof typeof TAGS, string>>} texts */
export function withExif(jpeg, texts) {
  const entries = Object.entries(TAGS).flatMap(([name, tag]) => {
    const text = texts[/** @type {keyof typeof TAGS} */ (name)];
    // Four bytes at least: shorter ones would stand in the entry itself.
    return text === undefined ? [] : [{ tag, bytes: Buffer.from(`${text.padEnd(4)}\0`) }];
  });
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16BE(entries.length, 0);
  let place = 8 + directory.length;
  for (const [at, { tag, bytes }] of entries.entries()) {
    const from = 2 + at * 12;
    directory.writeUInt16BE(tag, from);
    directory.writeUInt16BE(2, from + 2);
    directory.writeUInt32BE(bytes.length, from + 4);
    directory.writeUInt32BE(place, from + 8);
    place += bytes.length;
  }
  const tiff = Buffer.concat([Buffer.from("4d4d002a00000008", "hex"), directory, ...entries.map(({ bytes }) => bytes)]);
  const body = Buffer.concat([Buffer.from("Exif\0\0"), tiff]);
  const marker = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]);
  return Buffer.concat([jpeg.subarray(0, 2), marker, body, jpeg.subarray(2)]);
}
