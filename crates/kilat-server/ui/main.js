// @ts-check
// Ties link, state and view together, and keeps what the viewer chose. Draws once a second while
// the page is seen, because every value has an age.

import { byId, el } from "./dom.js";
import { enter, leave, show } from "./door.js";
import { connect } from "./link.js";
import { open } from "./sheet.js";
import { draw } from "./view.js";
import { language as pick, say } from "./words.js";

/** @typedef {import("./wire.js").Now} Now */
/** @typedef {import("./wire.js").Notification} Notification */

/** Notices that pass by at the same time, and for how long. */
const MAX_TOASTS = 3;
const TOAST_MS = 6_000;

/** What this viewer chose; a browser that keeps nothing is told again each time. @param {string} key */
function chosen(key) {
  try {
    return localStorage.getItem(`kilat.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} key @param {string} value */
function choose(key, value) {
  try {
    localStorage.setItem(`kilat.${key}`, value);
  } catch {
    // It holds until the page is closed.
  }
}

const query = new URLSearchParams(location.search);
let language = pick(query.get("lang") ?? chosen("language") ?? navigator.language);
let theme = query.get("theme") ?? chosen("theme") ?? "system";
let isBright = chosen("bright") === "yes";
/** @type {Now | null} */
let now = null;
/** @type {import("./verdict.js").Link} */
let link = "connecting";
/** Who is signed in, as far as that is known. @type {import("./door.js").Who | null} */
let who = null;
/** The server's clock minus this device's. */
let skew = 0;
let isDrawing = false;

function redraw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const time = Date.now() + skew;
    draw({ now, link, time, language, show: (id) => open(id, language, time) });
  });
}

/** @param {Notification} notice */
function toast(notice) {
  if (!notice.showToast) return;
  const toasts = byId("toasts");
  const key = `notice.${notice.type}`;
  const text =
    notice.type === "event_milestone" && notice.data?.photos
      ? say(language, key, notice.data)
      : `${notice.title}: ${notice.message}`;
  const made = el("div", "toast", text);
  while (toasts.childElementCount >= MAX_TOASTS) toasts.firstElementChild?.remove();
  toasts.append(made);
  setTimeout(() => made.remove(), TOAST_MS);
}

function drawMore() {
  const root = document.documentElement;
  root.dataset.theme = theme;
  root.classList.toggle("is-bright", isBright);
  /** @param {string} text @param {() => void} act */
  const choice = (text, act) => {
    const made = el("button", "button", text);
    made.type = "button";
    made.addEventListener("click", () => {
      act();
      drawMore();
      redraw();
    });
    return made;
  };
  const bright = choice(say(language, "more.bright"), () => {
    isBright = !isBright;
    choose("bright", isBright ? "yes" : "no");
  });
  bright.setAttribute("aria-pressed", String(isBright));
  const parts = [
    choice(say(language, "more.language"), () => {
      language = language === "en" ? "id" : "en";
      choose("language", language);
    }),
    choice(say(language, `more.theme.${theme}`), () => {
      theme = { system: "light", light: "dark" }[theme] ?? "system";
      choose("theme", theme);
    }),
    bright,
    who && choice(say(language, "door.leave", { name: who.name }), leave),
    el("span", "second", say(language, "more.version", { version: now?.version ?? "" })),
  ];
  byId("more").replaceChildren(...parts.filter((part) => part !== null));
}

const written = document.querySelector('meta[name="kilat-ws"]')?.getAttribute("content");
const own = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
if (!["light", "dark"].includes(theme)) theme = "system";
drawMore();
redraw();

function begin() {
  connect(written || own, {
    now(next) {
      const isNewServer = next.version !== now?.version;
      now = next;
      skew = Date.parse(next.serverTime) - Date.now();
      if (isNewServer) drawMore();
      redraw();
    },
    link(next) {
      link = next;
      redraw();
    },
    notice: toast,
    out: () => show(() => language),
  });
}

// A link that is opened in a tab where the page stands already only changes the address.
addEventListener("hashchange", () => new URLSearchParams(location.hash.slice(1)).has("in") && location.reload());
// Signed out by an admin, in another window, or by time: any answer may be the first to say so.
addEventListener("kilat-signed-out", () => show(() => language));
enter(() => language).then((found) => {
  if (found === "nobody") return;
  if (found !== "unknown") {
    who = found;
    document.documentElement.dataset["role"] = found.role;
    drawMore();
  }
  begin();
});
setInterval(() => document.hidden || redraw(), 1_000);
