// @ts-check
// The state, drawn. Works nothing out: the verdict comes from verdict.js, the words from words.js.

import { button } from "./act.js";
import { byId, el, icon, keyed, setText } from "./dom.js";
import { age, clock, size, span } from "./times.js";
import { last, verdict } from "./verdict.js";
import { say } from "./words.js";

/** @typedef {import("./words.js").Language} Language */
/** @typedef {import("./wire.js").Now} Now */
/** @typedef {import("./wire.js").PhotoView} PhotoView */
/** @typedef {import("./verdict.js").Link} Link */
/** @typedef {import("./verdict.js").Sentence} Sentence */
/** @typedef {{ now: Now | null, link: Link, time: number, language: Language, show: (id: string) => void }} Scene */

/** Problems and cameras on the page; the rest is counted. */
const MAX_PROBLEMS = 5;
const MAX_CAMERAS = 12;
/** Photos on the page: eight rows of three. */
const MAX_PHOTOS = 24;

/** Kinds that have a picture to show. */
const SHOWN_KINDS = ["jpeg", "heic", "raw"];
/** A picture is asked for so often, */
const PICTURE_ATTEMPTS = 4;
/** and so long apart. */
const PICTURE_WAIT_MS = 4_000;

const VERDICT_ICONS = { safe: "check", ready: "camera", busy: "triangle", trouble: "octagon", stale: "clock" };

/** @param {Scene} scene */
export function draw(scene) {
  const { now, language, time } = scene;
  const ageMs = now ? time - Date.parse(now.serverTime) : Number.POSITIVE_INFINITY;
  const isStale = !now || ageMs > now.maxAgeMs;
  document.documentElement.lang = language;
  document.body.classList.toggle("is-stale", isStale);
  drawHeader(scene);
  drawVerdict(scene, ageMs);
  drawWay(scene, isStale);
  drawCounts(scene, isStale);
  drawProblems(scene);
  drawCameras(scene);
  drawStorage(scene);
  drawNewest(scene);
}

/** @param {Scene} scene */
function drawHeader({ now, link, language }) {
  setText(byId("event-name"), now?.event?.name ?? "Kilat");
  const date = now?.event && new Date(`${now.event.date}T12:00:00`);
  const day = date ? date.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" }) : "";
  setText(byId("event-day"), day);
  const pill = byId("link");
  pill.dataset.link = link;
  setText(pill, say(language, `link.${link}`));
  const demo = byId("demo");
  demo.hidden = !now?.demo;
  setText(demo, now?.demo ? say(language, "demo") : "");
}

/** @param {Scene} scene @param {number} ageMs */
function drawVerdict({ now, language, time }, ageMs) {
  const answer = verdict(now, ageMs);
  const since = answer.since === undefined ? "" : age(language, answer.since, time);
  /** @param {Sentence} sentence */
  const speak = ([key, values]) => say(language, key, { ...values, age: since });
  const lines = answer.detail.map(speak);
  if (now?.lastPhotoAt && answer.kind !== "stale") {
    lines.push(say(language, "detail.last", { age: age(language, Date.parse(now.lastPhotoAt), time) }));
  }
  const section = byId("verdict");
  const title = speak(answer.title);
  const action = now?.paused ? "resume" : answer.title[0] === "verdict.failed" ? "retry" : null;
  const shape = `${answer.kind}|${action}|${language}`;
  if (section.dataset.shape !== shape) {
    section.dataset.shape = shape;
    section.className = `verdict is-${answer.kind}`;
    const words = el("div", "words", el("p", "title"), el("p", "second detail"));
    if (action && answer.kind !== "stale") words.append(button(language, action));
    section.replaceChildren(icon(VERDICT_ICONS[answer.kind]), words);
  }
  setText(/** @type {Element} */ (section.querySelector(".title")), title);
  setText(/** @type {Element} */ (section.querySelector(".detail")), lines.join(" "));
}

/** @param {Scene} scene @param {boolean} isStale */
function drawWay({ now, language, time }, isStale) {
  const section = byId("way");
  const unknown = say(language, "way.unknown");
  /** @param {{ length: number }} all @param {number} good */
  const part = (all, good) => {
    if (isStale) return { state: "unknown", text: unknown };
    if (all.length === 0) return { state: "unknown", text: say(language, "way.none") };
    const text = say(language, "way.of", { n: good, all: all.length });
    return { state: good === all.length ? "good" : "broken", text };
  };
  const sources = part(now?.sources ?? [], now?.sources.filter((source) => source.online).length ?? 0);
  const storage = part(now?.destinations ?? [], now?.destinations.filter((place) => place.up).length ?? 0);
  const up = now ? say(language, "way.up", { time: span(language, time - Date.parse(now.startedAt)) }) : "";
  const kilat = isStale
    ? { state: "unknown", text: unknown }
    : { state: now?.paused ? "paused" : "good", text: now?.paused ? say(language, "way.paused") : up };
  const stops = [
    { ...sources, name: "way.cameras", icon: "folder" },
    { ...kilat, name: "way.kilat", icon: "bolt" },
    { ...storage, name: "way.storage", icon: "disk" },
  ];
  const shape = JSON.stringify([stops, language]);
  if (section.dataset.shape === shape) return;
  section.dataset.shape = shape;
  const links = [sources.state, storage.state === "good" ? kilat.state : storage.state];
  section.replaceChildren(
    ...stops.flatMap((stop, place) => {
      const words = el("div", "", el("b", "", say(language, stop.name)), el("span", "second", stop.text));
      const element = el("div", `stop is-${stop.state}`, el("span", "disc"), words);
      element.firstElementChild?.append(icon(stop.icon));
      return place < links.length ? [element, el("div", `wire is-${links[place]}`)] : [element];
    }),
  );
}

/** @param {Scene} scene @param {boolean} isStale */
function drawCounts({ now, language }, isStale) {
  const section = byId("counts");
  const counts = now?.counts;
  const shown = /** @type {const} */ (["shot", "held", "stored", "safe"]);
  if (section.childElementCount === 0) {
    section.append(
      ...shown.map((name) => el("div", `count is-${name}`, el("b", "", "–"), el("span", "second"))),
      el("div", "bar"),
    );
    section.lastElementChild?.append(el("i", "safe"), el("i", "stored"), el("i", "rest"));
  }
  shown.forEach((name, place) => {
    const [number, label] = /** @type {[Element, Element]} */ ([...(section.children[place]?.children ?? [])]);
    setText(number, counts?.[name]?.toLocaleString(language) ?? "–");
    setText(label, say(language, `count.${name}`));
  });
  section.classList.toggle("is-stale", isStale);
  const all = Math.max(1, counts?.shot ?? 0, counts?.held ?? 0);
  const parts = [
    counts?.safe ?? 0,
    (counts?.stored ?? 0) - (counts?.safe ?? 0),
    (counts?.held ?? 0) - (counts?.stored ?? 0),
  ];
  section.querySelectorAll(".bar i").forEach((bar, place) => {
    // Through the property: the policy of the page allows no style attribute.
    if (bar instanceof HTMLElement) bar.style.width = `${((parts[place] ?? 0) / all) * 100}%`;
  });
}

/** A section with a heading. @param {string} id @param {string} title @param {string} more */
function section(id, title, more = "") {
  const section = byId(id);
  if (section.childElementCount === 0) {
    section.append(el("h2", "", el("span"), el("span", "second")), el("div", "list card"));
  }
  const [name, count] = /** @type {[Element, Element]} */ ([...(section.firstElementChild?.children ?? [])]);
  setText(name, title);
  setText(count, more);
  return { section, list: /** @type {HTMLElement} */ (section.children[1]) };
}

/** A row: icon, two lines, something at the end. @param {string} name */
function row(name) {
  const row = el("div", "row", el("div", "lines", el("b"), el("span", "second")), el("div", "end"));
  row.prepend(icon(name));
  return row;
}

/** @param {HTMLElement} row @param {string} title @param {string} detail @param {string[]} end */
function fill(row, title, detail, end) {
  const [name, second] = /** @type {[Element, Element]} */ ([...(row.querySelector(".lines")?.children ?? [])]);
  setText(name, title);
  setText(second, detail);
  const right = /** @type {HTMLElement} */ (row.lastElementChild);
  if (end.length === 0) return;
  if (right.childElementCount === 0)
    right.append(...end.map((_, place) => el(place === 0 ? "b" : "span", place === 0 ? "" : "second")));
  end.forEach((text, place) => {
    const child = right.children[place];
    if (child) setText(child, text);
  });
}

/** @param {Scene} scene */
function drawProblems({ now, language, time }) {
  const all = now?.problems ?? [];
  const more = all.length > MAX_PROBLEMS ? say(language, "list.more", { n: all.length - MAX_PROBLEMS }) : "";
  const { section: part, list } = section("problems", say(language, "list.problems"), more);
  part.hidden = all.length === 0;
  keyed(
    list,
    all.slice(0, MAX_PROBLEMS),
    (problem) => `${problem.id}|${language}`,
    (problem) => {
      const isStorage =
        problem.kind === "destination_down" || problem.kind === "disk_low" || problem.kind === "copy_failed";
      const made = row(isStorage ? "disk" : problem.kind === "source_offline" ? "folder" : "octagon");
      made.classList.add("problem");
      // Of a cut-off file the two lines above it say all that a photographer can use.
      if (problem.kind !== "incomplete") {
        const reason = el("span", "second reason", problem.message);
        reason.lang = "en";
        made.querySelector(".lines")?.append(reason);
      }
      if (problem.action === "retry") made.lastElementChild?.append(button(language, "retry"));
      return made;
    },
    (made, problem) => {
      const isFile =
        problem.kind !== "source_offline" && problem.kind !== "destination_down" && problem.kind !== "disk_low";
      const what = isFile ? (problem.what.split("/").at(-1) ?? problem.what) : last(problem.what);
      const next = say(language, `problem.${problem.kind}.next`);
      fill(
        made,
        say(language, `problem.${problem.kind}`, { what }),
        `${age(language, Date.parse(problem.since), time)} · ${next}`,
        [],
      );
    },
  );
}

/** @param {Scene} scene */
function drawCameras({ now, language, time }) {
  const all = now?.cameras ?? [];
  const more = all.length > MAX_CAMERAS ? say(language, "list.more", { n: all.length - MAX_CAMERAS }) : "";
  const { section: part, list } = section("cameras", say(language, "list.cameras"), more);
  part.hidden = all.length === 0;
  keyed(
    list,
    all.slice(0, MAX_CAMERAS),
    (camera) => `${camera.make}|${camera.model}|${camera.serial}`,
    () => row("camera"),
    (made, camera) => {
      const end = [camera.held.toLocaleString(language), age(language, Date.parse(camera.lastAt), time)];
      fill(made, camera.model, camera.serial ?? camera.make, end);
    },
  );
}

/** @param {Scene} scene */
function drawStorage({ now, language, time }) {
  const all = now?.destinations ?? [];
  const { section: part, list } = section("storage", say(language, "list.storage"));
  part.hidden = all.length === 0;
  keyed(
    list,
    all,
    (place) => place.id,
    () => row("disk"),
    (made, place) => {
      made.classList.toggle("problem", !place.up);
      const free =
        place.freeBytes === null ? "" : say(language, "storage.free", { free: size(language, place.freeBytes) });
      const speed = place.speedBytesPerSecond
        ? say(language, "storage.speed", { speed: size(language, place.speedBytesPerSecond) })
        : "";
      const state = place.up ? [free, speed] : [place.reason ?? "", age(language, Date.parse(place.since), time)];
      const waiting =
        place.waiting > 0 ? say(language, "storage.waiting", { n: place.waiting }) : say(language, "storage.checked");
      // What backups brought there is another count, which is not told here.
      const end =
        place.kind === "backup" ? [say(language, "storage.backup")] : [place.stored.toLocaleString(language), waiting];
      fill(made, place.path, state.filter(Boolean).join(" · "), end);
    },
  );
  // Beside the list of what is stored, since it stops exactly that.
  const hasPause = now !== null && now.destinations.length > 0 && !now.paused;
  const key = `${hasPause}|${language}`;
  if (part.dataset.pause !== key) {
    part.dataset.pause = key;
    part.querySelector(".under")?.remove();
    if (hasPause) part.append(el("div", "under", button(language, "pause")));
  }
}

/** @param {Scene} scene */
function drawNewest({ now, language, time, show }) {
  const photos = (now?.newest ?? []).slice(0, MAX_PHOTOS);
  const { list } = section("newest", say(language, "list.newest"));
  list.className = "grid";
  if (photos.length === 0) {
    if (!list.querySelector(".empty")) list.replaceChildren(el("p", "second empty"));
    setText(/** @type {Element} */ (list.firstElementChild), now ? say(language, "list.empty") : "");
    return;
  }
  list.querySelector(".empty")?.remove();
  keyed(
    list,
    photos,
    (photo) => photo.id,
    (photo) => tile(photo, show),
    (made, photo) => {
      const [name, state] = [photo.name, say(language, `photo.${photo.state}`)];
      const label = `${name}, ${state}, ${clock(language, Date.parse(photo.filedAt), time)}`;
      if (made.getAttribute("aria-label") !== label) made.setAttribute("aria-label", label);
      if (made.dataset.state !== photo.state) {
        made.dataset.state = photo.state;
        const mark = { stored: "check", failed: "octagon", waiting: "clock", copying: "clock" }[photo.state];
        made.querySelector(".mark")?.replaceChildren(icon(mark));
      }
      const bar = made.querySelector(".progress");
      if (bar instanceof HTMLElement) bar.style.width = `${photo.state === "copying" ? (photo.progress ?? 0) : 0}%`;
    },
  );
}

/** Loads a picture; a server that is busy with others is asked again. @param {HTMLImageElement} image @param {string} url */
function load(image, url) {
  let left = PICTURE_ATTEMPTS;
  image.addEventListener("error", () => {
    left -= 1;
    if (left <= 0) return;
    setTimeout(() => {
      if (image.isConnected) image.src = `${url}&again=${left}`;
    }, PICTURE_WAIT_MS);
  });
  image.src = url;
}

/** @param {PhotoView} photo @param {(id: string) => void} show */
function tile(photo, show) {
  const made = el("button", "tile");
  made.type = "button";
  const image = el("img");
  image.alt = "";
  image.loading = "lazy";
  image.decoding = "async";
  const kind = el("span", "kind", photo.name.split(".").at(-1)?.toUpperCase() ?? "");
  image.addEventListener("load", () => made.classList.add("has-picture"));
  if (SHOWN_KINDS.includes(photo.kind)) load(image, `${photo.photoUrl}?size=small`);
  made.append(
    kind,
    image,
    el("span", "shade"),
    el("span", "mark"),
    el("span", "name", photo.name),
    el("span", "progress"),
  );
  made.addEventListener("click", () => show(photo.id));
  return made;
}
