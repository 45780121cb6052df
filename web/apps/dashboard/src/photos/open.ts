// A photo over the page that it was opened from: the back gesture closes it, and it has an address of its own.

import { go } from "../live/route.js";

/** Whether the step back leads to where it was opened from. */
let isOpenedHere = false;

export function openPhoto(page: string, id: string): void {
  isOpenedHere = true;
  go(page, id);
}

/** Another one in its place. */
export function turnTo(page: string, id: string): void {
  go(page, id, "replace");
}

export function closePhoto(page: string): void {
  if (isOpenedHere) history.back();
  else go(page, "", "replace");
  isOpenedHere = false;
}

/** It was closed by the way back, or the page was left. */
export function photoClosed(): void {
  isOpenedHere = false;
}
