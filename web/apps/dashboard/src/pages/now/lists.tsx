// What needs somebody, the cameras, the storage.

import type { Now, Problem } from "@kilat/client";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Age, Button, Card, type IconName, Row, Rows } from "../../parts/index.js";
import { common } from "../../words/common.js";
import { size, speed } from "../../words/times.js";
import { setPaused } from "./top.js";
import { last } from "./verdict.js";
import { words } from "./words.js";

/** On this page; the rest is counted. */
const MOST_PROBLEMS = 5;
const MOST_CAMERAS = 4;

const PROBLEM_ICONS: Record<Problem["kind"], IconName> = {
  copy_failed: "cloud",
  incomplete: "octagon",
  unreadable: "octagon",
  vanished: "octagon",
  too_large: "octagon",
  source_offline: "folder",
  destination_down: "cloud",
  disk_low: "disk",
};

export function Problems({ now }: { now: Now }) {
  const say = useWords(words);
  const shared = useWords(common);
  const all = now.problems;
  if (all.length === 0) return null;
  const more = all.length > MOST_PROBLEMS ? shared("sort.more", { n: all.length - MOST_PROBLEMS }) : undefined;
  return (
    <Card title={say("list.problems")} more={more} className="now-problems">
      <Rows>
        {all.slice(0, MOST_PROBLEMS).map((problem) => (
          <ProblemRow key={problem.id} problem={problem} />
        ))}
      </Rows>
    </Card>
  );
}

function ProblemRow({ problem }: { problem: Problem }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const { kind, what, message, since, action } = problem;
  const isPlace = kind === "source_offline" || kind === "destination_down" || kind === "disk_low";
  const name = isPlace ? last(what) : (what.split("/").at(-1) ?? what);
  const isHurt = kind === "copy_failed" || kind === "destination_down" || kind === "source_offline";
  return (
    <Row
      icon={PROBLEM_ICONS[kind]}
      tone={isHurt ? "trouble" : "busy"}
      title={say(`problem.${kind}`, { what: name })}
      detail={
        <>
          <Age at={since} /> · {say(`problem.${kind}.next`)}
        </>
      }
      // Of a file that is cut off the two lines above say all that a photographer can use.
      note={kind === "incomplete" ? undefined : message}
      action={
        action === "retry" && mayAct ? (
          <Button
            label={`${say("act.retry")}: ${name}`}
            onPress={() => ask("POST /api/uploads/retry").then(() => undefined)}
          >
            {say("act.retry")}
          </Button>
        ) : undefined
      }
    />
  );
}

export function Cameras({ now }: { now: Now }) {
  const say = useWords(words);
  const shared = useWords(common);
  const { language } = useChoices();
  const all = now.cameras;
  if (all.length === 0) return null;
  const more =
    all.length > MOST_CAMERAS ? (
      <a href={to("cameras")}>{shared("sort.more", { n: all.length - MOST_CAMERAS })}</a>
    ) : undefined;
  return (
    <Card title={say("list.cameras")} more={more} className="now-cameras">
      <Rows>
        {all.slice(0, MOST_CAMERAS).map((camera) => (
          <Row
            key={`${camera.make}|${camera.model}|${camera.serial}`}
            icon="camera"
            title={camera.model}
            detail={camera.serial ?? camera.make}
            end={camera.held.toLocaleString(language)}
            endDetail={<Age at={camera.lastAt} />}
          />
        ))}
      </Rows>
    </Card>
  );
}

export function Storage({ now }: { now: Now }) {
  const say = useWords(words);
  const { language } = useChoices();
  const mayAct = useMay("act");
  const all = now.destinations;
  if (all.length === 0) return null;
  return (
    <Card title={say("list.storage")} className="now-storage">
      <Rows>
        {all.map((place) => {
          const isBackup = place.kind === "backup";
          const about = [
            place.freeBytes === null ? null : say("storage.free", { free: size(language, place.freeBytes) }),
            place.speedBytesPerSecond ? speed(language, place.speedBytesPerSecond) : null,
          ].filter((text) => text !== null);
          const proven = place.stored > 0 ? say("storage.checked") : say("storage.none");
          const waiting = place.waiting > 0 ? say("storage.waiting", { n: place.waiting }) : proven;
          return (
            <Row
              key={place.id}
              icon={/^[a-z0-9+]+:/i.test(place.path) ? "cloud" : "disk"}
              tone={place.up ? "plain" : "trouble"}
              title={last(place.path)}
              detail={place.up ? about.join(" · ") : <Age at={place.since} />}
              note={place.up ? undefined : place.reason}
              // What backups brought there is another count, which is not told here.
              end={isBackup ? undefined : place.stored.toLocaleString(language)}
              endDetail={isBackup ? say("storage.backup") : waiting}
            />
          );
        })}
      </Rows>
      {mayAct && !now.paused && (
        // Beside the list of what is stored, since it stops exactly that.
        <div className="now-pause">
          <Button icon="pause" onPress={() => setPaused("pause")}>
            {say("act.pause")}
          </Button>
        </div>
      )}
    </Card>
  );
}
