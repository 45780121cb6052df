// @ts-check
// Building elements. Text is text: nothing that came from a camera is ever parsed as HTML.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {string} [classes] @param {(Node | string | null)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, classes = "", ...children) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Outlines, 24 × 24. @type {Record<string, string>} */
const ICONS = {
  check: "M4 12.5 9.5 18 20 6.5",
  triangle: "M12 3.5 22 20.5H2ZM12 10v5M12 17.8v.2",
  octagon: "M8.2 2.5h7.6l5.7 5.7v7.6l-5.7 5.7H8.2l-5.7-5.7V8.2ZM12 7v6M12 16.3v.2",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7.5V12l3 2",
  folder: "M3 6.5A1.5 1.5 0 0 1 4.5 5H9l2 2.5h8.5A1.5 1.5 0 0 1 21 9v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18Z",
  camera:
    "M4.5 7.5h3l1.5-2h6l1.5 2h3A1.5 1.5 0 0 1 21 9v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18V9a1.5 1.5 0 0 1 1.5-1.5ZM12 10a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4",
  bolt: "M13.5 2.5 5 14h6l-1.5 7.5L19 10h-6.5Z",
  disk: "M5.5 5h13l2.5 8.5V18a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18v-4.5ZM3.2 13.5h17.6M17 16.6v.1",
};

/** @param {keyof typeof ICONS} name @param {string} [classes] */
export function icon(name, classes = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${classes}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name] ?? "");
  svg.append(path);
  return svg;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element ${id}`);
  return element;
}

/**
 * Brings the children of `list` in line with `items`; an element whose key stays is kept, so that
 * nothing flickers and a focus is not lost.
 * @template I
 * @param {HTMLElement} list @param {readonly I[]} items @param {(item: I) => string} key
 * @param {(item: I) => HTMLElement} make @param {(element: HTMLElement, item: I) => void} update
 */
export function keyed(list, items, key, make, update) {
  const old = new Map(
    [...list.children].map((child) => [child instanceof HTMLElement ? child.dataset.key : "", child]),
  );
  /** @type {Element | null} */
  let place = list.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const known = old.get(name);
    const element = known instanceof HTMLElement ? known : make(item);
    element.dataset.key = name;
    old.delete(name);
    if (element === place) place = place.nextElementSibling;
    else list.insertBefore(element, place);
    update(element, item);
  }
  for (const gone of old.values()) gone.remove();
}

/** Sets text only when it differs: screen readers and selections notice every change. @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
