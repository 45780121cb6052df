// One camera, sender, card or body: how it stands, what became of what it shot, whether its card may be formatted.

import type { CameraRow } from "@kilat/client";
import { type ReactNode, useState } from "react";
import { useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useIsStale, useTime } from "../../live/live.js";
import { Age, Card, Count, Icon, Pill, Shown } from "../../parts/index.js";
import { tamed } from "../../words/tame.js";
import { age, size } from "../../words/times.js";
import { Coming, Older } from "./coming.js";
import { Offer } from "./offer.js";
import { clockOf, stateOf, verdictOf } from "./told.js";
import { words } from "./words.js";

/** `reload` has the account drawn up anew: more of the card is held than it says. */
export function CameraCard({ camera, asOf, reload }: { camera: CameraRow; asOf: string; reload: () => void }) {
  const say = useWords(words);
  const { language } = useChoices();
  const timeMs = useTime();
  const state = stateOf(camera);
  const who = [camera.body?.serial && say("camera.serial", { serial: camera.body.serial }), camera.place];
  const how = camera.way
    ? say(`way.${camera.way}`)
    : camera.kind === "body" || camera.kind === "nobody"
      ? ""
      : say(`kind.${camera.kind}`);
  const { reading, clock } = camera;
  const told = reading && [
    reading.batteryPercent !== null && say("told.battery", { n: reading.batteryPercent }),
    reading.shotsLeft !== null && say("told.shots", { n: reading.shotsLeft }),
    reading.freeBytes !== null && say("told.free", { size: size(language, reading.freeBytes) }),
    reading.lens,
    reading.exposure,
  ];
  const skew = clock && clockOf(clock.skewMs);
  return (
    <Card label={camera.name} className="cameras-card">
      <div className="cameras-head">
        <div className="cameras-name">
          <h3>{tamed(camera.name)}</h3>
          <span className="second">{tamed([how, ...who].filter(Boolean).join(" · "))}</span>
        </div>
        <Pill tone={state.tone}>
          <Icon name={state.icon} />
          <span>{say.sentence(state.word)}</span>
        </Pill>
      </div>
      <p className="second cameras-since">
        {camera.since &&
          camera.state !== "unseen" &&
          `${say("since", { age: age(language, Date.parse(camera.since), timeMs) })} · `}
        {camera.lastPhotoAt
          ? say("last", { age: age(language, Date.parse(camera.lastPhotoAt), timeMs) })
          : say("lastNone")}
      </p>
      {camera.message && (
        <p className="cameras-message" lang="en">
          {tamed(camera.message)}
        </p>
      )}
      {camera.state === "held" && <p className="cameras-message">{say("held.next")}</p>}
      <Format camera={camera} asOf={asOf} />
      <div className="cameras-counts">
        <Count value={camera.shot} label={say(camera.shotBy === "numbers" ? "count.shotAtLeast" : "count.shot")} />
        <Count value={camera.held} label={say("count.held")} />
        <Count value={camera.stored} label={say("count.stored")} />
        <Count value={camera.safe} label={say("count.safe")} tone={camera.safe > 0 ? "safe" : "plain"} />
      </div>
      {camera.lost > 0 && (
        <Line icon="octagon" tone="trouble">
          {say("lost", { n: camera.lost })}
        </Line>
      )}
      {skew && <Line icon="clock">{say(skew.key, { span: skew.parts })}</Line>}
      {camera.coming && <Coming camera={camera.id} coming={camera.coming} />}
      {camera.kind === "card" && camera.state === "ready" && <Offer card={camera} reload={reload} />}
      <Older camera={camera} />
      {told?.some(Boolean) && (
        <p className="second cameras-told">
          {tamed(told.filter(Boolean).join(" · "))} · {reading && <Age at={reading.at} />}
        </p>
      )}
      {camera.missing + camera.cutOff > 0 && <Names camera={camera} />}
    </Card>
  );
}

function Line({ icon, tone, children }: { icon: "octagon" | "clock"; tone?: "trouble"; children: ReactNode }) {
  return (
    <p className="cameras-line">
      <Icon name={icon} className={tone ? `is-${tone}` : ""} />
      <span>{children}</span>
    </p>
  );
}

/** What stands here is the most visible of the card: whoever reads it may take every photo away. */
function Format({ camera, asOf }: { camera: CameraRow; asOf: string }) {
  const say = useWords(words);
  const isStale = useIsStale();
  const timeMs = useTime();
  const isFresh = !isStale && timeMs - Date.parse(asOf) < FRESH_MS;
  const verdict = verdictOf(camera, isFresh);
  return (
    <div className={`cameras-format is-${verdict.tone}`}>
      <Icon name={verdict.icon} />
      <div>
        <b>{say.sentence(verdict.title)}</b>
        {verdict.why.map((why) => (
          <span key={why.key}>{say.sentence(why)}</span>
        ))}
      </div>
    </div>
  );
}

/** The list is read every ten seconds: a yes that missed three readings is none. */
const FRESH_MS = 30_000;

/** Read only when somebody wants to know. */
function Names({ camera }: { camera: CameraRow }) {
  const say = useWords(words);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className="cameras-names" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="right" />
        {say("missing.open", { n: camera.missing + camera.cutOff })}
      </summary>
      {isOpen && <Missing camera={camera} />}
    </details>
  );
}

function Missing({ camera }: { camera: CameraRow }) {
  const say = useWords(words);
  const again = `${camera.missing} ${camera.cutOff}`;
  const read = useRead("GET /api/cameras/{id}", { path: { id: camera.id }, again });
  return (
    <Shown read={read} what={say("missing.what")} rows={1}>
      {({ missingNames, lostNames, cutOffNames, missing }) => {
        const still = missingNames.filter((name) => !lostNames.includes(name));
        const more = missing - missingNames.length;
        return (
          <>
            <List title={say("missing.lost")} names={lostNames} />
            <List title={say("missing.cutOff")} names={cutOffNames} />
            <List title={say("missing.notHeld")} names={still} />
            {more > 0 && <p className="second">{say("missing.more", { n: more })}</p>}
          </>
        );
      }}
    </Shown>
  );
}

function List({ title, names }: { title: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <p className="cameras-list">{tamed(names.join(", "))}</p>
    </>
  );
}
