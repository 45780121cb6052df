// Where in the dashboard: `#/page/detail`. The server knows one address only, so no wrong one is answered with a page.

import { useSyncExternalStore } from "react";

export interface Route {
  /** The first part; `now` where there is none. */
  readonly page: string;
  /** What follows it, decoded; empty where nothing does. */
  readonly detail: string;
}

let text: string | undefined;
let route: Route = { page: "now", detail: "" };

function read(): Route {
  if (location.hash === text) return route;
  text = location.hash;
  const [, page = "", ...rest] = text.startsWith("#/") ? text.slice(1).split("/") : [];
  route = { page: page || "now", detail: decoded(rest.join("/")) };
  return route;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

function watch(told: () => void) {
  addEventListener("hashchange", told);
  return () => removeEventListener("hashchange", told);
}

export function useRoute(): Route {
  return useSyncExternalStore(watch, read);
}

/** The address of a place, for `<a href>`. */
export function to(page: string, detail = ""): string {
  return detail ? `#/${page}/${encodeURIComponent(detail)}` : `#/${page}`;
}

/** Goes there; `replace` leaves no way back to here. */
export function go(page: string, detail = "", how: "push" | "replace" = "push"): void {
  if (how === "push") location.hash = to(page, detail);
  else location.replace(to(page, detail));
}
