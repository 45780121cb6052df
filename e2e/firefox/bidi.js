// @ts-check
// Firefox, driven by WebDriver BiDi over its own socket: as much of it as the tests here need.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";

const PROGRAM = process.env["FIREFOX"] ?? "firefox-esr";
/** What takes longer will never happen. */
const NEVER_MS = 60_000;
const ANNOUNCED = /WebDriver BiDi listening on (ws:\/\/\S+)/;

/** A function's source, called with what can be written as JSON. @param {Function} work @param {unknown[]} given */
const source = (work, given) => `(${work})(...${JSON.stringify(given)})`;

/** Runs in the page: whether it is so before it is too late. @param {() => unknown} test @param {number} neverMs */
function seen(test, neverMs) {
  return new Promise((done) => {
    const observer = new MutationObserver(check);
    const end = setTimeout(() => finish(false), neverMs);
    /** @param {boolean} isSo */
    function finish(isSo) {
      observer.disconnect();
      clearTimeout(end);
      done(isSo);
    }
    function check() {
      if (test()) finish(true);
    }
    observer.observe(document, { attributes: true, characterData: true, childList: true, subtree: true });
    check();
  });
}

/** @param {Record<string, string | number | boolean>} preferences */
export async function launch(preferences = {}) {
  const profile = mkdtempSync(join(tmpdir(), "kilat-firefox-"));
  const lines = Object.entries(preferences).map(([key, value]) => `user_pref("${key}", ${JSON.stringify(value)});`);
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const flags = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
  const program = spawn(PROGRAM, flags, { stdio: ["ignore", "ignore", "pipe"] });
  const address = await new Promise((done, fail) => {
    let said = "";
    program.on("error", () =>
      fail(new Error(`${PROGRAM} does not start: install firefox-esr, or name one in FIREFOX`)),
    );
    program.on("exit", (code) => fail(new Error(`${PROGRAM} ended with ${code}: ${said}`)));
    program.stderr.on("data", (part) => {
      said += part;
      const found = said.match(ANNOUNCED)?.[1];
      if (found) done(found);
    });
  });
  const socket = new WebSocket(`${address}/session`);
  await once(socket, "open");
  let last = 0;
  /** @type {Map<number, { done(result: any): void, fail(error: Error): void }>} */
  const waiting = new Map();
  /** What pages say of errors. @type {string[]} */
  const errors = [];
  socket.on("message", (data) => {
    const told = JSON.parse(String(data));
    if (told.method === "log.entryAdded" && told.params.level === "error") errors.push(told.params.text);
    const asked = waiting.get(told.id);
    waiting.delete(told.id);
    if (told.type === "error") asked?.fail(new Error(`${told.error}: ${told.message}`));
    else asked?.done(told.result);
  });
  /** @param {string} method @param {object} params @returns {Promise<any>} */
  function ask(method, params) {
    last += 1;
    const id = last;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((done, fail) => waiting.set(id, { done, fail }));
  }
  await ask("session.new", { capabilities: {} });
  await ask("session.subscribe", { events: ["log.entryAdded"] });

  /** @param {string} url */
  async function open(url) {
    const { context } = await ask("browsingContext.create", { type: "tab" });
    await ask("browsingContext.navigate", { context, url, wait: "complete" });
    /** What the page's own script would get. @param {string} expression @returns {Promise<any>} */
    async function run(expression) {
      const told = await ask("script.evaluate", {
        expression: `Promise.resolve(${expression}).then((it) => JSON.stringify(it ?? null))`,
        target: { context },
        awaitPromise: true,
        userActivation: true,
      });
      if (told.type !== "success") throw new Error(told.exceptionDetails.text);
      return JSON.parse(told.result.value);
    }
    return {
      /** @param {Function} work @param {unknown[]} given */
      evaluate: (work, ...given) => run(source(work, given)),
      /** Looks again each time that something is drawn. @param {Function} work @param {unknown[]} given */
      async until(work, ...given) {
        if (!(await run(`(${seen})(() => ${source(work, given)}, ${NEVER_MS})`)))
          throw new Error(`it never came: ${source(work, given)}`);
      },
      /** With a finger, as the browser sees it. @param {string} text of the button, or of the choice */
      async press(text) {
        const place = await this.evaluate((/** @type {string} */ text) => {
          const found = [...document.querySelectorAll("button, label")].find((one) => one.textContent?.trim() === text);
          found?.scrollIntoView({ block: "center" });
          const box = found?.getBoundingClientRect();
          return box && { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
        }, text);
        if (!place) throw new Error(`there is no button ${text}`);
        const steps = [
          { type: "pointerMove", ...place },
          { type: "pointerDown", button: 0 },
          { type: "pointerUp", button: 0 },
        ];
        const finger = { type: "pointer", id: "finger", parameters: { pointerType: "touch" }, actions: steps };
        await ask("input.performActions", { context, actions: [finger] });
      },
      /** @param {number} width @param {number} height */
      size: (width, height) => ask("browsingContext.setViewport", { context, viewport: { width, height } }),
      close: () => ask("browsingContext.close", { context }),
    };
  }
  return {
    open,
    errors,
    async close() {
      program.removeAllListeners("exit");
      const ended = once(program, "exit");
      socket.terminate();
      program.kill("SIGKILL");
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
