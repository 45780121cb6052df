// Every page: its address, its icon, its chunk. A page is a folder with a `page.tsx` that gives `Page`.

import { type ComponentType, lazy } from "react";
import type { IconName } from "../parts/icon.js";

export interface PageProps {
  /** What follows the page's name in the address; empty where nothing does. */
  detail: string;
}

type Load = () => Promise<{ Page: ComponentType<PageProps> }>;

function page(icon: IconName, load: Load) {
  return { icon, View: lazy(() => load().then(({ Page }) => ({ default: Page }))), load };
}

/** By address: `#/photos` is `photos`. Names stand in the common words as `nav.photos`. */
export const PAGES = {
  now: page("bolt", () => import("./now/page.js")),
  photos: page("grid", () => import("./photos/page.js")),
  backups: page("shield", () => import("./backups/page.js")),
  alerts: page("bell", () => import("./alerts/page.js")),
  more: page("menu", () => import("./more/page.js")),
  cameras: page("camera", () => import("./cameras/page.js")),
  storage: page("cloud", () => import("./storage/page.js")),
  machine: page("chip", () => import("./machine/page.js")),
  events: page("calendar", () => import("./events/page.js")),
  settings: page("gear", () => import("./settings/page.js")),
  clients: page("people", () => import("./clients/page.js")),
  about: page("info", () => import("./about/page.js")),
} as const;

export type PageName = keyof typeof PAGES;

/** At the bottom of a phone. */
export const TABS: readonly PageName[] = ["now", "photos", "backups", "alerts", "more"];
/** Behind "More" on a phone, in the sidebar elsewhere. */
export const BEHIND_MORE: readonly PageName[] = [
  "cameras",
  "storage",
  "machine",
  "events",
  "settings",
  "clients",
  "about",
];
export const SIDEBAR: readonly PageName[] = ["now", "photos", "backups", "alerts", ...BEHIND_MORE];

export function isPage(name: string): name is PageName {
  return Object.hasOwn(PAGES, name);
}
