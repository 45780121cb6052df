// @ts-check
// The way in: by a link's code, or by name and password. Absent: the session itself, which no
// script can read; only the server knows whether there is one.

import { byId, el } from "./dom.js";
import { say } from "./words.js";

/** @typedef {import("./words.js").Language} Language */
/** @typedef {{ name: string, role: string }} Who */

/** An answer that takes longer is none. */
const TIMEOUT_MS = 10_000;
const JSON_HEADERS = { "content-type": "application/json", "x-kilat-action": "1" };

/** @param {string} method @param {object} [body] */
function session(method, body) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const init = body ? { method, headers: JSON_HEADERS, body: JSON.stringify(body), signal } : { method, signal };
  return fetch("/api/session", { ...init, cache: "no-store" });
}

/** The code of a sign-in link, which leaves the address and the history at once. */
function takeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("in");
  if (code === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/**
 * Who is signed in. Where nobody is, the way in is shown and nothing is answered; where the server
 * does not answer, nobody is known and the page says so in its own way.
 * @param {() => Language} language @returns {Promise<Who | "unknown" | "nobody">}
 */
export async function enter(language) {
  const code = takeCode();
  /** @type {string | null} */
  let why = null;
  try {
    if (code !== null) {
      const answer = await session("POST", { code });
      if (!answer.ok) why = await reason(answer, language());
    }
    const answer = await session("GET");
    if (answer.ok) return /** @type {Who} */ (await answer.json());
    if (answer.status !== 401) return "unknown";
  } catch {
    return "unknown";
  }
  show(language, why);
  return "nobody";
}

/** Shows the way in instead of everything else. @param {() => Language} language @param {string | null} why */
export function show(language, why = null) {
  const door = byId("door");
  if (!door.hidden) return;
  const name = field("username", "door.name", language());
  const password = field("current-password", "door.password", language());
  password.input.type = "password";
  const press = el("button", "button is-main", say(language(), "door.enter"));
  press.type = "submit";
  const answer = el("p", "answer", why ?? "");
  answer.setAttribute("role", "alert");
  const form = el("form", "card", name.label, password.label, press, answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    press.disabled = true;
    answer.textContent = say(language(), "did.asked");
    const refused = await signIn(name.input.value, password.input.value, language());
    if (refused === null) return location.reload();
    answer.textContent = refused;
    press.disabled = false;
  });
  door.replaceChildren(
    el("h2", "", say(language(), "door.title")),
    el("p", "second", say(language(), "door.link")),
    form,
  );
  door.hidden = false;
  byId("main").hidden = true;
  byId("link").hidden = true;
  name.input.focus();
}

/** Signs out, and shows the way in. */
export async function leave() {
  try {
    await session("DELETE");
  } finally {
    location.reload();
  }
}

/** @param {string} name @param {string} password @param {Language} language @returns {Promise<string | null>} */
async function signIn(name, password, language) {
  try {
    const answer = await session("POST", { name, password });
    return answer.ok ? null : await reason(answer, language);
  } catch {
    return say(language, "did.noLink");
  }
}

/** @param {Response} answer @param {Language} language */
async function reason(answer, language) {
  const refusal = await answer.json().catch(() => ({}));
  const seconds = Number(answer.headers.get("retry-after"));
  if (refusal.code === "too_many_attempts") return say(language, "door.slow", { seconds: String(seconds || 30) });
  if (refusal.code === "bad_code") return say(language, "door.badCode");
  if (refusal.code === "bad_password") return say(language, "door.badPassword");
  return say(language, "did.refused", { why: refusal.error ?? String(answer.status) });
}

/** @param {"username" | "current-password"} complete @param {string} words @param {Language} language */
function field(complete, words, language) {
  const input = el("input");
  input.autocomplete = complete;
  input.autocapitalize = "off";
  input.spellcheck = false;
  input.required = true;
  input.maxLength = 1_024;
  return { input, label: el("label", "", el("span", "", say(language, words)), input) };
}
