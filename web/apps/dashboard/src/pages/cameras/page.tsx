// Where photos come in, and which cameras took them.

import type { Now } from "@kilat/client";
import { useChoices, useWords } from "../../live/choices.js";
import { useNow, useTime } from "../../live/live.js";
import { Age, Boundary, Card, Empty, Icon, Row, Rows, Skeleton } from "../../parts/index.js";
import { age } from "../../words/times.js";
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
        <Sources now={now} />
      </Boundary>
      <Boundary>
        <Cameras now={now} />
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

function Cameras({ now }: { now: Now }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { cameras, links } = now;
  return (
    <Card title={say("cameras.title")}>
      {cameras.length === 0 ? (
        <Empty icon="camera" title={say("cameras.none")}>
          {say("cameras.noneWhy")}
        </Empty>
      ) : (
        <Rows>
          {cameras.map((camera) => (
            <Row
              key={`${camera.make}|${camera.model}|${camera.serial}`}
              icon="camera"
              title={camera.model}
              detail={[camera.make, camera.serial && say("camera.serial", { serial: camera.serial })]
                .filter(Boolean)
                .join(" · ")}
              end={camera.held.toLocaleString(language)}
              endDetail={<Age at={camera.lastAt} />}
            />
          ))}
        </Rows>
      )}
      {links.camera.state === "unknown" && cameras.length > 0 && (
        <p className="cameras-note second">
          <Icon name="info" />
          <span>
            {say("unknown.title")}. {say("unknown.why")}
          </span>
        </p>
      )}
      {links.camera.state === "down" && (
        <p className="cameras-note second">
          <Icon name="octagon" className="is-trouble" />
          <span>
            {say("link.down")}
            {links.camera.what && `: ${links.camera.what}`}
          </span>
        </p>
      )}
    </Card>
  );
}
