// What is seen without scrolling: the verdict, the photos' way, the counts.

import type { Now } from "@kilat/client";
import { Fragment, type ReactNode, useMemo } from "react";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { client } from "../../live/client.js";
import { useIsStale, useNow, useStatus, useTime } from "../../live/live.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Count, Icon, type IconName, Press } from "../../parts/index.js";
import { age, clock, span } from "../../words/times.js";
import { type Action, type Kind, verdict } from "./verdict.js";
import { words } from "./words.js";

const ICONS: Record<Kind, IconName> = {
  safe: "check",
  ready: "camera",
  busy: "triangle",
  trouble: "octagon",
  stale: "clock",
};

export function VerdictPart() {
  const say = useWords(words);
  const { language } = useChoices();
  const held = useNow();
  const { link } = useStatus();
  const timeMs = useTime();
  const now = held?.value ?? null;
  const ageMs = held ? client.ageMs(held) : 0;
  // Aged by the tick that draws it.
  const isOld = held ? client.isStale(held) : false;
  // biome-ignore lint/correctness/useExhaustiveDependencies: worked out anew when it becomes too old, not each second
  const answer = useMemo(() => verdict(now, { ageMs, link }), [now, link, isOld]);
  const since = answer.sinceMs === undefined ? "" : age(language, answer.sinceMs, timeMs);
  const speak = (sentence: (typeof answer)["title"]) =>
    say.sentence({ ...sentence, values: { ...sentence.values, age: since } });
  const lines = answer.detail.map(speak);
  const lastAt = now?.lastPhotoAt;
  if (lastAt && answer.kind !== "stale")
    lines.push(say("detail.last", { age: age(language, Date.parse(lastAt), timeMs) }));
  return (
    <section id="verdict" className={`verdict is-${answer.kind}`} aria-label={say("verdict.label")}>
      <Icon name={ICONS[answer.kind]} />
      <div className="verdict-words">
        <p className="verdict-title">{speak(answer.title)}</p>
        <p className="verdict-detail">{lines.join(" ")}</p>
        {answer.action && <Do action={answer.action} />}
      </div>
      {/* Said when it changes, without its seconds. */}
      <p className="unseen" role="status">
        {say.sentence({ ...answer.title, values: { ...answer.title.values, age: "" } }).trim()}
      </p>
    </section>
  );
}

/** The one thing to do. */
function Do({ action }: { action: Action }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const label = say(`act.${action}`);
  switch (action) {
    case "retry":
      return mayAct ? (
        <Button onPress={() => ask("POST /api/uploads/retry").then(() => undefined)}>{label}</Button>
      ) : null;
    case "resume":
      return mayAct ? <Button onPress={() => setPaused("resume")}>{label}</Button> : null;
    case "reconnect":
      return <Press onPress={() => client.reconnect()}>{label}</Press>;
    case "storage":
    case "cameras":
    case "events":
      return (
        <a className="button" href={to(action)}>
          {label}
        </a>
      );
  }
}

/** Copies stop, or go on. */
export async function setPaused(action: "pause" | "resume"): Promise<void> {
  await ask("POST /api/dslr/status", { body: { action } });
}

type StopState = "good" | "broken" | "partly" | "paused" | "unknown";

export function Way({ now }: { now: Now }) {
  const say = useWords(words);
  const { language } = useChoices();
  const isStale = useIsStale();
  const timeMs = useTime();
  const then = clock(language, Date.parse(now.serverTime), timeMs);
  const part = (all: number, good: number): { state: StopState; text: string } => {
    if (all === 0) return { state: "unknown", text: say("way.none") };
    const text = say("way.of", { n: good, all });
    if (isStale) return { state: "unknown", text: say("way.then", { what: text, time: then }) };
    return { state: good === all ? "good" : good === 0 ? "broken" : "partly", text };
  };
  const sources = part(now.sources.length, now.sources.filter(({ online }) => online).length);
  const storage = part(now.destinations.length, now.destinations.filter(({ up }) => up).length);
  const up = say("way.up", { time: span(language, timeMs - Date.parse(now.startedAt)) });
  const kilat: { state: StopState; text: string } = isStale
    ? { state: "unknown", text: say("way.was", { time: then }) }
    : now.paused
      ? { state: "paused", text: say("way.paused") }
      : { state: "good", text: up };
  const wires = [sources.state, storage.state === "good" ? kilat.state : storage.state];
  return (
    <section id="way" className="way" aria-label={say("way.label")}>
      <Stop icon="folder" name={say("way.folders")} {...sources} href={to("cameras")} />
      <Wire state={wires[0]} />
      <Stop icon="bolt" name={say("way.kilat")} {...kilat} href={to("machine")} />
      <Wire state={wires[1]} />
      <Stop icon="cloud" name={say("way.storage")} {...storage} href={to("storage")} />
    </section>
  );
}

function Stop({
  icon,
  name,
  state,
  text,
  href,
}: {
  icon: IconName;
  name: string;
  state: StopState;
  text: string;
  href: string;
}) {
  return (
    <a className={`stop is-${state}`} href={href}>
      <span className="stop-disc">
        <Icon name={icon} />
      </span>
      <b>{name}</b>
      <span className="second">{text}</span>
    </a>
  );
}

function Wire({ state }: { state: StopState | undefined }): ReactNode {
  return <i className={`wire is-${state}`} aria-hidden="true" />;
}

export function Counts({ now }: { now: Now }) {
  const say = useWords(words);
  const { counts } = now;
  const all = Math.max(1, counts.shot ?? 0, counts.held);
  const bars = [
    ["safe", counts.safe],
    ["stored", counts.stored - counts.safe],
    ["held", counts.held - counts.stored],
  ] as const;
  return (
    <Card label={say("count.label")} className="now-counts">
      <div id="counts" className="counts">
        <Count value={counts.shot} label={say("count.shot")} />
        <Count value={counts.held} label={say("count.held")} />
        <Count value={counts.stored} label={say("count.stored")} />
        <Count value={counts.safe} label={say("count.safe")} tone={counts.safe > 0 ? "safe" : "plain"} />
      </div>
      <div className="counts-bar" role="img" aria-label={say("count.bar", { safe: counts.safe, all: counts.held })}>
        {bars.map(([name, count]) => (
          <Fragment key={name}>
            <i className={`is-${name}`} style={{ width: `${(count / all) * 100}%` }} />
          </Fragment>
        ))}
      </div>
    </Card>
  );
}
