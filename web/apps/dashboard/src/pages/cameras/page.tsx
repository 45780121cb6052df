// Where photos come in, and every camera: how it stands, what it shot, whether its card may be formatted.

import type { Now } from "@kilat/client";
import { useEffect, useState } from "react";
import { useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useKept, useReturn } from "../../live/kept.js";
import { useNow, useTime } from "../../live/live.js";
import { useSlowly } from "../../live/slowly.js";
import { Boundary, Card, Empty, Icon, Row, Rows, Shown, Skeleton } from "../../parts/index.js";
import { age } from "../../words/times.js";
import { CameraCard } from "./camera.js";
import { sorted } from "./told.js";
import { words } from "./words.js";
import "./cameras.css";

export function Page() {
  const say = useWords(words);
  const now = useNow()?.value;
  if (!now)
    return (
      <Card label={say("sources.title")}>
        <Skeleton what={say("what")} />
      </Card>
    );
  return (
    <div className="cameras">
      <Boundary>
        <Cameras now={now} />
      </Boundary>
      <Boundary>
        <Sources now={now} />
      </Boundary>
    </div>
  );
}

function Sources({ now }: { now: Now }) {
  const say = useWords(words);
  const { language } = useChoices();
  const timeMs = useTime();
  const { sources } = now;
  if (sources.length === 0)
    return (
      <Card title={say("sources.title")}>
        <Empty icon="folder" title={say("sources.none")}>
          {say("sources.noneWhy")}
        </Empty>
      </Card>
    );
  // Failures before successes.
  const sorted = [...sources].sort((a, b) => Number(a.online) - Number(b.online));
  return (
    <Card title={say("sources.title")}>
      <Rows>
        {sorted.map((source) => {
          const { lastArrivalAt } = source;
          const ago = (at: string) => age(language, Date.parse(at), timeMs);
          const fine = lastArrivalAt ? say("source.up", { age: ago(lastArrivalAt) }) : say("source.upNone");
          return (
            <Row
              key={source.id}
              icon={source.online ? "folder" : "octagon"}
              tone={source.online ? "plain" : "trouble"}
              title={source.path}
              detail={source.online ? fine : say("source.gone", { age: ago(source.since) })}
              note={source.online ? undefined : source.reason}
              end={source.held === null ? "–" : source.held.toLocaleString(language)}
              endDetail={say("source.photos", { n: source.held ?? 0 })}
            />
          );
        })}
      </Rows>
      {sorted.some(({ online }) => !online) && <p className="cameras-note second">{say("source.next")}</p>}
    </Card>
  );
}

/** How often the account is drawn up while somebody looks; sooner when a photo came or a camera changed. */
const EVERY_MS = 10_000;
const SOONEST_MS = 2_000;

function Cameras({ now }: { now: Now }) {
  const say = useWords(words);
  const { counts, links } = now;
  const changed = [counts.held, counts.stored, counts.safe, links.camera.state, links.camera.what].join("|");
  const again = `${useReturn()} ${useSlowly(changed, SOONEST_MS)}`;
  const [everyMs, setEveryMs] = useState(EVERY_MS);
  const read = useKept("cameras", useRead("GET /api/cameras", { everyMs, again }));
  const isComing = read.value?.cameras.some(({ coming }) => coming) ?? false;
  // Somebody sees it come.
  useEffect(() => setEveryMs(isComing ? SOONEST_MS : EVERY_MS), [isComing]);
  return (
    <section className="part" aria-label={say("cameras.title")}>
      <div className="part-head">
        <h2>{say("cameras.title")}</h2>
      </div>
      <Shown read={read} what={say("what")}>
        {({ cameras, asOf }) =>
          cameras.length === 0 ? (
            <div className="card">
              <Empty icon="camera" title={say("cameras.none")}>
                {say("cameras.noneWhy")}
              </Empty>
            </div>
          ) : (
            <div className="cameras-all">
              {sorted(cameras).map((camera) => (
                <Boundary key={camera.id}>
                  <CameraCard camera={camera} asOf={asOf} reload={read.reload} />
                </Boundary>
              ))}
              {links.camera.state === "unknown" && (
                <p className="cameras-note second">
                  <Icon name="info" />
                  <span>
                    {say("unknown.title")}. {say("unknown.why")}
                  </span>
                </p>
              )}
            </div>
          )
        }
      </Shown>
    </section>
  );
}
