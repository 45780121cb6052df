"use client";
// Words, numbers and times as the parts write them, in the language around them.

import { useMemo, useSyncExternalStore } from "react";
import { type Language, useSurroundings } from "../context.js";
import { say, type Values, WORDS, type Word } from "./words.js";

export interface Speech {
  lang: Language;
  t(word: Word, values?: Values): string;
  /** A number that may be unknown, which is not 0. */
  number(value: number | null | undefined, digits?: number): string;
  percent(value: number | null | undefined): string;
  bytes(value: number | null | undefined): string;
  /** `1.2 of 3.4 MB`: both in the unit of the whole. */
  bytesOf(done: number, all: number): string;
  duration(ms: number): string;
  /** How long ago it was, or when: relative up to an hour, then by the clock. */
  age(ageMs: number): string;
}

/** No value. */
export const DASH = "–";
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Languages that a page may be written in; English to others. */
const ownLanguage = (): Language => (document.documentElement.lang.startsWith("id") ? "id" : "en");
const english = (): Language => "en";
const never = () => () => {};

export function useSpeech(): Speech {
  const { lang: given, timeZone } = useSurroundings();
  const own = useSyncExternalStore(never, ownLanguage, english);
  const lang = given ?? own;
  return useMemo(() => speech(lang, timeZone), [lang, timeZone]);
}

export function speech(lang: Language, timeZone?: string): Speech {
  const locale = lang === "id" ? "id-ID" : "en-GB";
  const plain = [0, 1].map((digits) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }));
  const clock = { hour: "2-digit", minute: "2-digit", timeZone } as const;
  const time = new Intl.DateTimeFormat(locale, clock);
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...clock });
  const number = (value: number | null | undefined, digits = 0) =>
    typeof value === "number" && Number.isFinite(value) ? (plain[digits]?.format(value) ?? DASH) : DASH;
  const t = (word: Word, values?: Values) => say(WORDS[word], lang, values, number);
  const unitOf = (value: number) => Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(value || 1) / 3)));
  const inUnit = (value: number, unit: number) => number(value / 1000 ** unit, unit > 1 ? 1 : 0);
  return {
    lang,
    t,
    number,
    // Whole numbers, and never 100 before it is done.
    percent: (value) => (typeof value === "number" ? `${number(Math.floor(value))} %` : DASH),
    bytes: (value) => (typeof value === "number" ? `${inUnit(value, unitOf(value))} ${UNITS[unitOf(value)]}` : DASH),
    bytesOf: (done, all) =>
      t("of", { done: inUnit(done, unitOf(all)), all: `${inUnit(all, unitOf(all))} ${UNITS[unitOf(all)]}` }),
    duration(ms) {
      if (ms < 60_000) return t("s", { n: Math.ceil(ms / 1000) });
      if (ms < 3_600_000) return t("min", { n: Math.round(ms / 60_000) });
      return t("h", { n: Math.round(ms / 3_600_000) });
    },
    age(ageMs) {
      if (ageMs < 60_000) return t("secondsAgo", { n: Math.floor(ageMs / 1000) });
      if (ageMs < 3_600_000) return t("minutesAgo", { n: Math.floor(ageMs / 60_000) });
      const at = Date.now() - ageMs;
      return t("at", { time: (ageMs < 12 * 3_600_000 ? time : day).format(at) });
    },
  };
}
