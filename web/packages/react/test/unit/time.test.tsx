// Ages: what React reads twice is the same twice, also across the edge of a second.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useEachSecond } from "@kilat/react/parts";
import { Window } from "happy-dom";
import { renderToString } from "react-dom/server";

declare const REACT: string;

const window = new Window({ url: "http://kilat.test/" });
Object.assign(globalThis, { window, document: window.document });
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
const { createRoot } = await import("react-dom/client");
const { flushSync } = await import("react-dom");

test(`an age that changes between two looks of React ${REACT} is read once`, () => {
  const errors: unknown[] = [];
  const before = console.error;
  console.error = (...what: unknown[]) => errors.push(what);
  let reads = 0;
  // Another text at each look, as at the edge of a second.
  const Age = () => <p>{useEachSecond(() => `${++reads} s ago`, "")}</p>;
  assert.equal(renderToString(<Age />), "<p></p>");
  const host = document.createElement("div");
  const root = createRoot(host);
  flushSync(() => root.render(<Age />));
  assert.equal(host.textContent, "1 s ago");
  flushSync(() => root.unmount());
  console.error = before;
  assert.deepEqual(errors, []);
});
