// @ts-check
// Commands: pressed, then the server's own word on it.

import { el } from "./dom.js";
import { say } from "./words.js";

/** @typedef {import("./words.js").Language} Language */

/** A command that takes longer has no answer. */
const TIMEOUT_MS = 10_000;

/** @type {Record<string, { path: string, body: object }>} */
const COMMANDS = {
  retry: { path: "/api/uploads/retry", body: {} },
  pause: { path: "/api/dslr/status", body: { action: "pause" } },
  resume: { path: "/api/dslr/status", body: { action: "resume" } },
};

/**
 * A button for a command, with a line for the answer behind it.
 * @param {Language} language @param {string} command
 */
export function button(language, command) {
  const press = el("button", "button", say(language, `do.${command}`));
  press.type = "button";
  const answer = el("span", "answer second");
  answer.setAttribute("role", "status");
  press.addEventListener("click", async () => {
    press.disabled = true;
    answer.textContent = say(language, "did.asked");
    answer.textContent = await ask(language, command);
    press.disabled = false;
  });
  return el("span", "action", press, answer);
}

/** @param {Language} language @param {string} command @returns {Promise<string>} */
async function ask(language, command) {
  const { path, body } = COMMANDS[command] ?? { path: "/api/nothing", body: {} };
  const headers = { "content-type": "application/json", "x-kilat-action": "1" };
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal });
    if (answer.ok) return say(language, "did.done");
    if (answer.status === 401) dispatchEvent(new Event("kilat-signed-out"));
    const refusal = await answer.json().catch(() => ({}));
    const why = [refusal.error, refusal.remedy].filter((part) => typeof part === "string").join("; ");
    return say(language, "did.refused", { why: why || String(answer.status) });
  } catch {
    return say(language, "did.noLink");
  }
}
