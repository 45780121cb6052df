// Which Kilat this is, how the photo's way stands, what this address allows.

import type { LinkView, Now, Status } from "@kilat/client";
import { useWords } from "../../live/choices.js";
import { useNow, useStatus } from "../../live/live.js";
import { Card, Clock, type IconName, Row, Rows } from "../../parts/index.js";
import { words } from "./words.js";
import "./about.css";

/** Written when the dashboard is built: what it holds of others, with their licences. */
const LICENCES = "/admin/assets/licences.txt";

export function Page() {
  const now = useNow()?.value ?? null;
  const status = useStatus();
  return (
    <div className="about">
      <Which now={now} />
      <Links status={status} />
      <Secure />
      <Report now={now} status={status} />
      <Made />
    </div>
  );
}

function Which({ now }: { now: Now | null }) {
  const say = useWords(words);
  return (
    <Card title={say("title")}>
      <Rows>
        <Row icon="bolt" title={say("version")} end={now?.version ?? say("unknown")} />
        <Row icon="clock" title={say("up")} end={now ? <Clock at={now.startedAt} /> : say("unknown")} />
        {now?.demo && <Row icon="info" title={say("demo")} />}
      </Rows>
    </Card>
  );
}

const ICONS: Record<LinkView["state"], IconName> = {
  up: "check",
  down: "octagon",
  partly: "triangle",
  unknown: "clock",
};
const TONES = { up: "safe", down: "trouble", partly: "busy", unknown: "plain" } as const;

function Links({ status }: { status: Status }) {
  const say = useWords(words);
  const { link } = status;
  const named = link === "live" || link === "polling" || link === "none" || link === "connecting" ? link : "other";
  const viewer: LinkView["state"] =
    link === "live" ? "up" : link === "polling" ? "partly" : link === "none" ? "down" : "unknown";
  return (
    <Card title={say("links.title")}>
      <Rows>
        <Row icon={ICONS[viewer]} tone={TONES[viewer]} title={say("links.viewer")} end={say(`link.${named}`)} />
        {(["source", "camera", "storage"] as const).map((name) => (
          <Row
            key={name}
            icon={ICONS[status[name].state]}
            tone={TONES[status[name].state]}
            title={say(`links.${name}`)}
            end={say(`state.${status[name].state}`)}
            note={status[name].what ?? undefined}
          />
        ))}
      </Rows>
    </Card>
  );
}

function Secure() {
  const say = useWords(words);
  return (
    <Card title={say("secure.title")}>
      <div className="about-text">
        <p>{say(isSecureContext ? "secure.yes" : "secure.no")}</p>
        {!isSecureContext && (
          <>
            <ul>
              {(["install", "push", "awake"] as const).map((what) => (
                <li key={what}>{say(`secure.${what}`)}</li>
              ))}
            </ul>
            <p className="second">{say("secure.how")}</p>
          </>
        )}
      </div>
    </Card>
  );
}

/** What helps to find a fault, and tells nothing of the studio. */
export function report(now: Now | null, status: Status, browser: string): string {
  const lines = [
    `Kilat ${now?.version ?? "unknown"}${now?.demo ? " (demo)" : ""}`,
    `link ${status.link}, attempts ${status.attempts}, why ${status.why ?? "-"}, stale ${status.isStale}`,
    `source ${status.source.state}, camera ${status.camera.state}, storage ${status.storage.state}`,
    now
      ? `photos: shot ${now.counts.shot ?? "-"}, held ${now.counts.held}, stored ${now.counts.stored}, safe ${now.counts.safe}, failed ${now.counts.failed}`
      : "photos: unknown",
    `problems: ${now ? now.problems.map(({ kind }) => kind).join(", ") || "none" : "unknown"}`,
    browser,
  ];
  return lines.join("\n");
}

function Report({ now, status }: { now: Now | null; status: Status }) {
  const say = useWords(words);
  return (
    <Card title={say("report.title")}>
      <div className="about-text">
        <p className="second">{say("report.why")}</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys */}
        <pre className="about-report" tabIndex={0} lang="en">
          {report(now, status, navigator.userAgent)}
        </pre>
      </div>
    </Card>
  );
}

function Made() {
  const say = useWords(words);
  return (
    <Card title={say("made.title")}>
      <div className="about-text">
        <p>{say("made.why")}</p>
        <p>
          <a className="button" href={LICENCES} target="_blank" rel="noreferrer">
            {say("made.list")}
          </a>
        </p>
      </div>
    </Card>
  );
}
