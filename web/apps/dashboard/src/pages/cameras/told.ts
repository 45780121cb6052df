// What is said of a camera: how it stands, whether its card may be formatted, what its clock does.

import type { CameraFormatWhy, CameraRow, CardImportAnswer } from "@kilat/client";
import type { Sentence } from "../../words/words.js";
import type { en } from "./words.en.js";

type Key = keyof typeof en;
type Told = Sentence<Key>;
type Icon = "check" | "clock" | "info" | "octagon" | "triangle";
type Tone = "plain" | "safe" | "busy" | "trouble";

export interface State {
  readonly icon: Icon;
  readonly tone: Tone;
  readonly word: Told;
}

/** How Kilat's touch with it stands. A sender that finished, and a card that was taken out, are nobody's trouble. */
export function stateOf(camera: CameraRow): State {
  const isCable = camera.kind === "tethered";
  switch (camera.state) {
    case "ready":
      return { icon: "check", tone: "safe", word: { key: "state.ready" } };
    case "asleep":
      return { icon: "clock", tone: "plain", word: { key: "state.asleep" } };
    case "held":
      return { icon: "octagon", tone: "trouble", word: { key: "state.held", values: { by: camera.heldBy ?? "?" } } };
    case "wedged":
      return { icon: "octagon", tone: "trouble", word: { key: "state.wedged" } };
    case "unsupported":
      return { icon: "triangle", tone: "busy", word: { key: "state.unsupported" } };
    case "gone":
      if (camera.kind === "sender") return { icon: "clock", tone: "plain", word: { key: "state.rests" } };
      return { icon: isCable ? "octagon" : "info", tone: isCable ? "trouble" : "plain", word: { key: "state.gone" } };
    case "unseen":
      return { icon: "clock", tone: "plain", word: { key: "state.unseen" } };
    case "unknown":
      return { icon: "info", tone: "plain", word: { key: "state.unknown" } };
  }
}

export interface Verdict {
  readonly icon: Icon;
  readonly tone: Tone;
  readonly title: Told;
  readonly why: readonly Told[];
}

/** Whether the card may be formatted. Only a fresh yes is a yes. */
export function verdictOf({ safeToFormat, shotBy }: CameraRow, isFresh: boolean): Verdict {
  const why = safeToFormat.why.map((one) => whyOf(one, shotBy === "numbers"));
  if (safeToFormat.verdict === "not_yet")
    return { icon: "octagon", tone: "trouble", title: { key: "format.notYet" }, why };
  if (safeToFormat.verdict === "unknown") return { icon: "info", tone: "plain", title: { key: "format.unknown" }, why };
  if (!isFresh) return { icon: "clock", tone: "plain", title: { key: "format.stale" }, why };
  return { icon: "check", tone: "safe", title: { key: "format.safe" }, why };
}

function whyOf({ what, count, names }: CameraFormatWhy, isByNumbers: boolean): Told {
  const n = count ?? 0;
  const named = names.join(", ") + (n > names.length ? ", …" : "");
  switch (what) {
    case "not_held":
      return { key: isByNumbers ? "why.numbers" : "why.notHeld", values: { n, names: named } };
    case "older":
      return { key: "why.older", values: { n, names: named } };
    case "cut_off":
      return { key: "why.cutOff", values: { n, names: named } };
    case "not_safe":
      return { key: "why.notSafe", values: { n } };
    case "not_seen":
      return { key: "why.notSeen" };
    case "no_list":
      return { key: "why.noList" };
    case "empty":
      return { key: "why.empty" };
  }
}

/** `3 min 12 s` as hours, minutes and seconds of which the two largest are said. */
export function clockOf(skewMs: number): { readonly key: "clock.behind" | "clock.ahead"; readonly parts: string } {
  const seconds = Math.round(Math.abs(skewMs) / 1_000);
  const units = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const parts = units.filter(([n]) => n > 0).slice(0, 2);
  return {
    key: skewMs < 0 ? "clock.behind" : "clock.ahead",
    parts: parts.map(([n, unit]) => `${n} ${unit}`).join(" "),
  };
}

/** Whether a card is being read, or about to be. */
export function goes({ state }: CardImportAnswer): boolean {
  return state === "asked" || state === "reading";
}

/** How many photos of a card can be imported: by its own list, as long as none was read. */
export function offered({ offer }: CameraRow, now: CardImportAnswer | null): number {
  return (now?.state === "offered" ? now.tally?.left : offer) ?? 0;
}

/** How reading a card ended; none while nothing was read. Only a card of which nothing is missing is done. */
export function endOf({ state, tally, words }: CardImportAnswer): Told | null {
  switch (state) {
    case "idle":
    case "offered":
    case "asked":
    case "reading":
      return null;
    case "pulled":
      return { key: "offer.pulled" };
    case "stopped":
      return { key: "offer.stopped" };
    case "refused":
      return { key: "offer.refused", values: { why: words } };
    case "done": {
      const n = tally ? tally.cutOff + tally.unreadable + tally.left : 0;
      if (tally && n === 0) return { key: tally.older > 0 ? "offer.doneEvent" : "offer.done" };
      const named = tally?.names ?? [];
      return { key: "offer.part", values: { n, names: named.join(", ") + (n > named.length ? ", …" : "") } };
    }
  }
}

/** Failures before successes, then who delivered last. */
export function sorted(cameras: readonly CameraRow[]): CameraRow[] {
  const weight = (camera: CameraRow) => {
    const { tone } = stateOf(camera);
    if (camera.lost > 0) return 0;
    return tone === "trouble" ? 1 : camera.state === "unknown" ? 3 : 2;
  };
  return [...cameras].sort((a, b) => weight(a) - weight(b) || (b.lastPhotoAt ?? "").localeCompare(a.lastPhotoAt ?? ""));
}
