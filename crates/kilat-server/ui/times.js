// @ts-check
// Ages and sizes in words. Relative up to an hour, then by the clock.

import { say } from "./words.js";

/** @typedef {import("./words.js").Language} Language */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * How long ago, for a person. @param {Language} language @param {number} at @param {number} now
 */
export function age(language, at, now) {
  const ago = Math.max(0, now - at);
  if (ago < 2_000) return say(language, "age.now");
  if (ago < MINUTE) return say(language, "age.seconds", { n: Math.floor(ago / 1_000) });
  if (ago < HOUR) return say(language, "age.minutes", { n: Math.floor(ago / MINUTE) });
  return say(language, "age.clock", { time: clock(language, at, now) });
}

/** The time, with the day when that was another one. @param {Language} language @param {number} at @param {number} now */
export function clock(language, at, now) {
  const date = new Date(at);
  const time = date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString(language, { day: "numeric", month: "short" })} ${time}`;
}

/** A span, one unit. @param {Language} language @param {number} ms */
export function span(language, ms) {
  if (ms < HOUR) return say(language, "time.minutes", { n: Math.floor(ms / MINUTE) });
  if (ms < DAY) return say(language, "time.hours", { n: Math.floor(ms / HOUR) });
  return say(language, "time.days", { n: Math.floor(ms / DAY) });
}

/** Bytes as people and disk makers count them. @param {Language} language @param {number} bytes */
export function size(language, bytes) {
  /** @type {[number, string][]} */
  const units = [
    [1e12, "TB"],
    [1e9, "GB"],
    [1e6, "MB"],
    [1e3, "kB"],
  ];
  const [unit, name] = units.find(([unit]) => bytes >= unit) ?? [1, "B"];
  const value = bytes / unit;
  const digits = value < 10 && unit > 1 ? 1 : 0;
  return `${value.toLocaleString(language, { maximumFractionDigits: digits })} ${name}`;
}
