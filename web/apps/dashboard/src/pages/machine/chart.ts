// The past as lines: where nothing was measured there is a gap, never a line across it.

import type { HistoryPoint, Span } from "@kilat/client";

/** One gauge over time, in the box of `WIDTH` × `HEIGHT`. */
export interface Drawn {
  /** The mean, one path for all stretches. */
  readonly mean: string;
  /** From the least to the most, closed. */
  readonly band: string;
  /** The greatest value that the box shows. */
  readonly top: number;
  /** Of all points. */
  readonly average: number;
  readonly most: number;
}

export const WIDTH = 600;
export const HEIGHT = 120;

interface Place {
  readonly atMs: number;
  readonly span: Span;
}

/** Points of one gauge, cut where one is missing. */
export function stretches(points: readonly HistoryPoint[], gauge: string, stepSeconds: number): Place[][] {
  const all: Place[][] = [];
  let before = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const span = point.values[gauge];
    if (!span) continue;
    const atMs = Date.parse(point.at);
    // Half a step more than one: clocks of the past are as they were.
    if (atMs - before > stepSeconds * 1_500) all.push([]);
    all.at(-1)?.push({ atMs, span });
    before = atMs;
  }
  return all;
}

/**
 * Draws a gauge over a span of time that ends now; null where nothing was measured. `most` is the end of the scale
 * where there is one, for example 100 percent.
 */
export function draw(
  points: readonly HistoryPoint[],
  gauge: string,
  { stepSeconds, fromMs, toMs, most }: { stepSeconds: number; fromMs: number; toMs: number; most?: number },
): Drawn | null {
  const parts = stretches(points, gauge, stepSeconds);
  const places = parts.flat();
  if (places.length === 0 || toMs <= fromMs) return null;
  const greatest = Math.max(...places.map(({ span }) => span.max));
  const top = most ?? nice(greatest);
  const x = (atMs: number) => round(((atMs - fromMs) / (toMs - fromMs)) * WIDTH);
  const y = (value: number) => round(HEIGHT - (Math.min(Math.max(value, 0), top) / top) * HEIGHT);
  let mean = "";
  let band = "";
  for (const part of parts) {
    // A single point is drawn as long as its step: a line without a length is not seen.
    const last = part.at(-1);
    if (!last) continue;
    const drawn = part.length > 1 ? part : [...part, { ...last, atMs: last.atMs + stepSeconds * 1_000 }];
    mean += drawn.map(({ atMs, span }, place) => `${place === 0 ? "M" : "L"}${x(atMs)} ${y(span.avg)}`).join("");
    const over = drawn.map(({ atMs, span }) => `${x(atMs)} ${y(span.max)}`);
    const under = drawn.map(({ atMs, span }) => `${x(atMs)} ${y(span.min)}`).reverse();
    band += `M${[...over, ...under].join("L")}Z`;
  }
  const count = places.reduce((sum, { span }) => sum + span.count, 0);
  const sum = places.reduce((sum, { span }) => sum + span.avg * span.count, 0);
  return { mean, band, top, average: count === 0 ? 0 : sum / count, most: greatest };
}

/** What was measured nearest to a moment; null where nothing was, as far as the line is drawn. */
export function nearest(
  points: readonly HistoryPoint[],
  gauge: string,
  atMs: number,
  stepSeconds: number,
): (Span & { readonly atMs: number }) | null {
  let found: (Span & { readonly atMs: number }) | null = null;
  for (const point of points) {
    const span = point.values[gauge];
    const pointMs = Date.parse(point.at);
    if (span && Math.abs(pointMs - atMs) < Math.abs((found?.atMs ?? Number.POSITIVE_INFINITY) - atMs))
      found = { ...span, atMs: pointMs };
  }
  return found && Math.abs(found.atMs - atMs) <= stepSeconds * 1_500 ? found : null;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The end of a scale for a greatest value: 1, 2 or 5 times a power of ten. */
export function nice(greatest: number): number {
  if (!(greatest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(greatest));
  const step = [1, 2, 5, 10].find((step) => step * power >= greatest) ?? 10;
  return step * power;
}

/** For a table that people hear: at most `most` points, evenly chosen, the newest always among them. */
export function sample<T>(points: readonly T[], most: number): T[] {
  if (points.length <= most) return [...points];
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, place) => points[Math.round(place * step)] as T);
}
