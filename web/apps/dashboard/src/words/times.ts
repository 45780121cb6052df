// Ages, spans and sizes in words. Relative up to an hour, then by the clock.

import { common } from "./common.js";
import { type Language, voice } from "./words.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Days as they are said outside of the United States, like everywhere where Kilat is used. */
const LOCALES = { en: "en-GB", id: "id" } as const;
const VOICES = { en: voice(common, "en"), id: voice(common, "id") };

/** How long ago, for a person. Both moments by the server's clock; one that is ahead is now. */
export function age(language: Language, atMs: number, nowMs: number): string {
  const say = VOICES[language];
  const ago = Math.max(0, nowMs - atMs);
  if (ago < 2 * SECOND) return say("age.now");
  if (ago < MINUTE) return say("age.seconds", { n: Math.floor(ago / SECOND) });
  if (ago < HOUR) return say("age.minutes", { n: Math.floor(ago / MINUTE) });
  return say("age.clock", { time: clock(language, atMs, nowMs) });
}

/** The time of the day, with the day when that was another one. */
export function clock(language: Language, atMs: number, nowMs: number): string {
  const date = new Date(atMs);
  const time = date.toLocaleTimeString(LOCALES[language], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (date.toDateString() === new Date(nowMs).toDateString()) return time;
  return `${date.toLocaleDateString(LOCALES[language], { day: "numeric", month: "short" })} ${time}`;
}

/** A day of the calendar, `YYYY-MM-DD`. */
export function day(language: Language, date: string): string {
  return new Date(`${date}T12:00:00`).toLocaleDateString(LOCALES[language], {
    weekday: "long",
    day: "numeric",
    month: "long",
  });
}

/** A span, in one unit. */
export function span(language: Language, ms: number): string {
  const say = VOICES[language];
  if (ms < MINUTE) return say("span.seconds", { n: Math.max(0, Math.floor(ms / SECOND)) });
  if (ms < HOUR) return say("span.minutes", { n: Math.floor(ms / MINUTE) });
  if (ms < DAY) return say("span.hours", { n: Math.floor(ms / HOUR) });
  return say("span.days", { n: Math.floor(ms / DAY) });
}

const UNITS = [
  [1e12, "TB"],
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
] as const;

/** Bytes, as people and makers of disks count them. */
export function size(language: Language, bytes: number): string {
  const [unit, name] = UNITS.find(([unit]) => bytes >= unit) ?? ([1, "B"] as const);
  const value = bytes / unit;
  const digits = value < 10 && unit > 1 ? 1 : 0;
  return `${value.toLocaleString(language, { maximumFractionDigits: digits })} ${name}`;
}

/** A speed. */
export function speed(language: Language, bytesPerSecond: number): string {
  return VOICES[language]("unit.perSecond", { size: size(language, bytesPerSecond) });
}
