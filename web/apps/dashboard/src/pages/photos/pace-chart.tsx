// Photos a minute: a bar a minute, and the same as a table. It is looked at, not dragged, and tells nothing by itself.

import type { PhotoView } from "@kilat/client";
import { useMemo } from "react";
import { useChoices, useWords } from "../../live/choices.js";
import { useTime } from "../../live/live.js";
import { Card } from "../../parts/index.js";
import { clock } from "../../words/times.js";
import { busiest, paceOf, SPAN_MINUTES } from "./pace.js";
import { words } from "./words.js";

const HEIGHT = 40;
/** Of a bar's room, what stays free between it and the next. */
const GAP = 0.25;
const ROWS = 15;
const MINUTE_MS = 60_000;

export function PaceChart({ photos, isAllRead }: { photos: readonly PhotoView[]; isAllRead: boolean }) {
  const say = useWords(words);
  const { language } = useChoices();
  // Drawn anew when a minute is over, not with each second.
  const minute = Math.floor(useTime() / MINUTE_MS);
  const pace = useMemo(() => paceOf(photos, isAllRead, minute * MINUTE_MS), [photos, isAllRead, minute]);
  if (!pace) return null;
  const { minutes, most, all, isWhole } = pace;
  const nowMs = minute * MINUTE_MS;
  const first = minutes[0]?.atMs ?? nowMs;
  const over = isWhole
    ? say("pace.span", { n: SPAN_MINUTES })
    : say("pace.since", { time: clock(language, first, nowMs) });
  const sum = say("pace.sum", { n: all, most });
  const bars = minutes
    .map(({ photos }, place) => {
      if (photos === 0) return "";
      const high = Math.max(1, (photos / most) * HEIGHT);
      return `M${place + GAP / 2} ${HEIGHT}v${-high}h${1 - GAP}v${high}z`;
    })
    .join("");
  return (
    <Card label={say("pace.title")} className="photos-pace-card">
      <figure className="photos-pace">
        <figcaption>
          <b>{say("pace.title")}</b>
          <span className="second">{`${over} · ${sum}`}</span>
        </figcaption>
        <svg
          viewBox={`0 0 ${minutes.length} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${say("pace.title")}, ${over}: ${sum}`}
        >
          <path d={bars} />
        </svg>
        <details className="photos-pace-table">
          <summary>{say("pace.table")}</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">{say("pace.minute")}</th>
                <th scope="col">{say("pace.photos")}</th>
              </tr>
            </thead>
            <tbody>
              {busiest(minutes, ROWS).map(({ atMs, photos }) => (
                <tr key={atMs}>
                  <td>{clock(language, atMs, nowMs)}</td>
                  <td>{photos.toLocaleString(language)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </figure>
    </Card>
  );
}
