// @ts-check
// One photo with its receipts: where it came from, what it is, and the proof of each copy.

import { byId, el, icon } from "./dom.js";
import { clock, size } from "./times.js";
import { say } from "./words.js";

/** @typedef {import("./words.js").Language} Language */
/** @typedef {import("./wire.js").PhotoDetail} PhotoDetail */
/** @typedef {import("./wire.js").CopyView} CopyView */

/** An answer that takes longer is none. */
const TIMEOUT_MS = 10_000;

let asked = 0;

/** @param {string} id @param {Language} language @param {number} time */
export async function open(id, language, time) {
  const sheet = /** @type {HTMLDialogElement} */ (byId("sheet"));
  const mine = ++asked;
  const shut = el("button", "button", say(language, "do.close"));
  shut.type = "button";
  shut.addEventListener("click", () => sheet.close());
  const body = el("div", "body", el("div", "large"));
  sheet.replaceChildren(body, el("div", "foot", shut));
  if (!sheet.open) sheet.showModal();
  try {
    const answer = await fetch(`/api/photos/${encodeURIComponent(id)}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (answer.status === 401) {
      sheet.close();
      dispatchEvent(new Event("kilat-signed-out"));
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const photo = /** @type {PhotoDetail} */ (await answer.json());
    if (mine === asked) body.replaceChildren(...receipts(photo, language, time));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (mine === asked) body.replaceChildren(el("p", "second", say(language, "photo.unknown", { why })));
  }
}

/** @param {PhotoDetail} photo @param {Language} language @param {number} time */
function receipts(photo, language, time) {
  const image = el("img");
  image.alt = photo.name;
  const none = el("span", "second", say(language, "photo.noPreview"));
  const frame = el("div", "large", none, image);
  image.addEventListener("load", () => none.remove());
  image.addEventListener("error", () => image.remove());
  image.src = `${photo.photoUrl}?size=large`;
  const facts = el("dl");
  /** @param {string} name @param {string | null | undefined} value */
  const fact = (name, value, classes = "") => {
    if (value) facts.append(el("dt", "second", say(language, name)), el("dd", classes, value));
  };
  const { camera } = photo;
  fact("photo.camera", camera && [camera.model, camera.serial].filter(Boolean).join(" · "));
  fact("photo.taken", photo.takenAt?.slice(0, 19).replace("T", " "));
  fact("photo.from", photo.sourcePath);
  fact("photo.size", size(language, photo.sizeBytes));
  fact("photo.hash", photo.hash, "hash");
  const copies = photo.copies.map((copy) => copyRow(copy, language, time));
  if (copies.length === 0) copies.push(el("p", "row second", say(language, "photo.noCopies")));
  return [
    frame,
    el("h2", "", el("span", "", photo.name)),
    facts,
    el("h2", "", el("span", "", say(language, "photo.copies"))),
    el("div", "card", ...copies),
  ];
}

/** @param {CopyView} copy @param {Language} language @param {number} time */
function copyRow(copy, language, time) {
  const isStored = copy.state === "stored";
  const when = copy.at ? clock(language, Date.parse(copy.at), time) : "";
  const state = isStored
    ? say(language, "copy.stored", { when })
    : say(language, copy.state === "failed" ? "copy.failed" : "copy.pending");
  const proof = copy.readBack
    ? say(language, copy.readBack === "device" ? "copy.stored.device" : "copy.stored.cache")
    : "";
  const lines = el("div", "lines", el("b", "", `${copy.destination} · ${state}`));
  for (const text of [proof, copy.key, copy.message]) {
    if (text) lines.append(el("span", "second", text));
  }
  const row = el("div", `row ${isStored ? "is-good" : copy.state === "failed" ? "problem" : ""}`, lines);
  row.prepend(icon(isStored ? "check" : copy.state === "failed" ? "octagon" : "clock"));
  return row;
}
