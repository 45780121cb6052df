// The machine's past: an hour, a day, a week.

import type { HistoryPoint, MachineHistory, Thresholds } from "@kilat/client";
import { type PointerEvent, useState } from "react";
import { useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { serverTime } from "../../live/live.js";
import { Card, Empty, Options, Shown } from "../../parts/index.js";
import { clock, speed } from "../../words/times.js";
import { draw, HEIGHT, nearest, sample, WIDTH } from "./chart.js";
import { words } from "./words.js";

/** As the seed decided: what the machine does is no matter of seconds. */
export const EVERY_MS = 120_000;
const ROWS = 12;

type Minutes = "10" | "60" | "1440" | "10080";
const ALL: readonly Minutes[] = ["10", "60", "1440", "10080"];

export function Past({ limits }: { limits: Thresholds | null }) {
  const say = useWords(words);
  const [minutes, setMinutes] = useState<Minutes>("60");
  const read = useRead("GET /api/admin/monitoring", { query: { type: "history", minutes }, everyMs: EVERY_MS });
  return (
    <Card title={say("past.title")} className="machine-past">
      <div className="machine-past-choice">
        <Options<Minutes>
          label={say("past.span")}
          value={minutes}
          onChange={setMinutes}
          options={ALL.map((value) => [value, say(`past.${value}`)] as const)}
        />
      </div>
      <Shown read={read} what={say("past.title")} rows={4}>
        {(answer) => (answer.type === "history" ? <Charts history={answer.data} limits={limits} /> : null)}
      </Shown>
    </Card>
  );
}

function Charts({ history, limits }: { history: MachineHistory; limits: Thresholds | null }) {
  const say = useWords(words);
  const { language } = useChoices();
  if (history.points.length === 0) return <Empty icon="clock" title={say("past.none")} />;
  const percent = (value: number) => (value / 100).toLocaleString(language, { style: "percent" });
  const rate = (value: number) => speed(language, value);
  const ms = (value: number) => say("ms", { n: Math.round(value) });
  return (
    <>
      <Chart name={say("cpu")} gauges={["cpu"]} history={history} show={percent} most={100} limit={limits?.cpu} />
      <Chart
        name={say("memory")}
        gauges={["memory"]}
        history={history}
        show={percent}
        most={100}
        limit={limits?.memory}
      />
      <Chart
        name={say("disks.title")}
        gauges={["storage"]}
        history={history}
        show={percent}
        most={100}
        limit={limits?.storage}
      />
      <Chart name={say("past.network")} gauges={["networkIn", "networkOut"]} history={history} show={rate} />
      <Chart name={say("past.commit")} gauges={["commit"]} history={history} show={ms} />
    </>
  );
}

interface ChartProps {
  name: string;
  gauges: readonly string[];
  history: MachineHistory;
  show: (value: number) => string;
  most?: number;
  /** From there on it is worth a notice; 100 percent is never. */
  limit?: number | undefined;
}

function Chart({ name, gauges, history, show, most, limit }: ChartProps) {
  const say = useWords(words);
  const { language } = useChoices();
  /** Where a finger or a pointer is. */
  const [atMs, setAtMs] = useState<number | null>(null);
  const toMs = serverTime();
  const fromMs = toMs - history.minutes * 60_000;
  const scale = { stepSeconds: history.stepSeconds, fromMs, toMs };
  const first = gauges.map((gauge) => draw(history.points, gauge, { ...scale, ...(most ? { most } : {}) }));
  // Several lines share one scale.
  const top = Math.max(...first.map((drawn) => drawn?.top ?? 0));
  const drawn = gauges.map((gauge) => draw(history.points, gauge, { ...scale, most: most ?? top }));
  const line = drawn[0];
  if (!line) return null;
  const sum = drawn
    .filter((one) => one !== null)
    .map((one) => say("past.sum", { mean: show(one.average), most: show(one.most) }))
    .join(" · ");
  const picked =
    atMs === null ? null : gauges.map((gauge) => nearest(history.points, gauge, atMs, history.stepSeconds));
  const pickedMs = picked?.find((one) => one !== null)?.atMs ?? atMs;
  const read =
    picked && pickedMs !== null
      ? `${clock(language, pickedMs, toMs)} · ${picked.map((one) => (one ? show(one.avg) : say("past.gap"))).join(" · ")}`
      : sum;
  function look({ currentTarget, clientX }: PointerEvent<SVGSVGElement>) {
    const { left, width } = currentTarget.getBoundingClientRect();
    setAtMs(fromMs + Math.min(1, Math.max(0, (clientX - left) / width)) * (toMs - fromMs));
  }
  const isLimited = limit !== undefined && limit < 100;
  return (
    <figure className="machine-chart">
      <figcaption>
        <b>{name}</b>
        <span className="second">{read}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: ${sum}`}
        onPointerDown={look}
        onPointerMove={look}
        onPointerLeave={() => setAtMs(null)}
        onPointerCancel={() => setAtMs(null)}
      >
        {drawn.map(
          (one, place) =>
            one && (
              <g key={gauges[place]} className={`machine-line is-${place}`}>
                <path className="machine-band" d={one.band} />
                <path className="machine-mean" d={one.mean} />
              </g>
            ),
        )}
        {pickedMs !== null && (
          <line
            className="machine-pick"
            x1={((pickedMs - fromMs) / (toMs - fromMs)) * WIDTH}
            x2={((pickedMs - fromMs) / (toMs - fromMs)) * WIDTH}
            y1="0"
            y2={HEIGHT}
          />
        )}
        {isLimited && (
          <line
            className="machine-limit"
            x1="0"
            x2={WIDTH}
            y1={HEIGHT * (1 - limit / line.top)}
            y2={HEIGHT * (1 - limit / line.top)}
          />
        )}
      </svg>
      <Scale
        fromMs={fromMs}
        toMs={toMs}
        top={show(line.top)}
        limit={isLimited ? say("past.limit", { limit: show(limit) }) : null}
      />
      <Table points={history.points} gauge={gauges[0] ?? ""} name={name} show={show} />
    </figure>
  );
}

function Scale({ fromMs, toMs, top, limit }: { fromMs: number; toMs: number; top: string; limit: string | null }) {
  const { language } = useChoices();
  return (
    <p className="machine-scale second">
      <span>{clock(language, fromMs, toMs)}</span>
      <span>{[`0 – ${top}`, limit].filter(Boolean).join(" · ")}</span>
      <span>{clock(language, toMs, toMs)}</span>
    </p>
  );
}

/** The same for whoever does not see lines. */
function Table({
  points,
  gauge,
  name,
  show,
}: {
  points: readonly HistoryPoint[];
  gauge: string;
  name: string;
  show: (value: number) => string;
}) {
  const say = useWords(words);
  const { language } = useChoices();
  const toMs = serverTime();
  const known = points.filter(({ values }) => values[gauge] !== undefined);
  return (
    <details className="machine-table">
      <summary>
        {say("past.table")}
        <span className="unseen">: {name}</span>
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{say("past.time")}</th>
            <th scope="col">{say("past.mean")}</th>
            <th scope="col">{say("past.most")}</th>
          </tr>
        </thead>
        <tbody>
          {sample(known, ROWS).map(({ at, values }) => (
            <tr key={at}>
              <td>{clock(language, Date.parse(at), toMs)}</td>
              <td>{show(values[gauge]?.avg ?? 0)}</td>
              <td>{show(values[gauge]?.max ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
