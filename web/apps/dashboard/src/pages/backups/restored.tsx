// Restores: the one that goes with its bar, what became of the newest, and each by itself.

import type { Now, RestoreRun } from "@kilat/client";
import { Fragment, type ReactNode, useState } from "react";
import { ask, useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useReturn } from "../../live/kept.js";
import { useIsStale, useLive } from "../../live/live.js";
import { placeName } from "../../live/names.js";
import { go, to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import {
  Button,
  Card,
  Choice,
  Clock,
  Confirm,
  Icon,
  Press,
  Progress,
  Row,
  Rows,
  Sheet,
  Shown,
} from "../../parts/index.js";
import { size, span, speed } from "../../words/times.js";
import type { Names } from "./lists.js";
import { course, done, isOver, look, standing, withTold } from "./restores.js";
import { words } from "./words.js";

/** The newest restore; nothing while there was none. */
export function Restored({ names }: { names: Names }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const restore = useLive((snapshot) => snapshot.restore_status)?.value;
  if (!restore) return null;
  if (!isOver(restore))
    return (
      <Card title={say("back.title")}>
        <Going restore={restore} names={names} />
      </Card>
    );
  return (
    <Card title={say("back.title")}>
      <Rows>
        <Ended
          restore={restore}
          names={names}
          {...(mayAct && { href: to("backups", `restored/${restore.restoreId}`) })}
        />
      </Rows>
    </Card>
  );
}

function Ended({ restore, names, href }: { restore: RestoreRun; names: Names; href?: string }) {
  const say = useWords(words);
  const { icon, tone } = look(restore);
  return (
    <Row
      icon={icon}
      tone={tone}
      title={say.sentence(course(restore))}
      detail={
        <>
          {`${names.event(restore.eventId)} · ${say("back.from", { place: names.place(restore.from) })} · `}
          <Clock at={restore.endTime ?? restore.startTime} />
        </>
      }
      {...(href && { href })}
    />
  );
}

/** How far it is, and how to end it. */
function Going({ restore, names, isHere = false }: { restore: RestoreRun; names: Names; isHere?: boolean }) {
  const say = useWords(words);
  const { language } = useChoices();
  const mayAct = useMay("act");
  const { totalPhotos, totalBytes, processedBytes, bytesPerSecond, etaMs, failedPhotos = 0 } = restore;
  const about = say("back.about", { event: names.event(restore.eventId), place: names.place(restore.from) });
  const numbers = [
    say("run.photos", { done: standing(restore) ?? 0, all: totalPhotos }),
    say("run.bytes", { done: size(language, processedBytes), all: size(language, totalBytes) }),
    bytesPerSecond ? speed(language, bytesPerSecond) : "",
    etaMs === undefined ? "" : say("run.left", { span: span(language, etaMs) }),
  ];
  return (
    <div className="backups-run">
      {mayAct && !isHere ? (
        <a className="backups-run-head" href={to("backups", `restored/${restore.restoreId}`)}>
          <Head title={about} detail={say.sentence(course(restore))} />
          <Icon name="right" className="row-way" />
        </a>
      ) : (
        <span className="backups-run-head">
          <Head title={about} detail={say.sentence(course(restore))} />
        </span>
      )}
      <Progress percent={done(restore)} label={about} />
      <div className="backups-run-foot">
        <span className="second">
          {totalPhotos > 0 && numbers.filter(Boolean).join(" · ")}
          {failedPhotos > 0 && ` · ${say("back.some", { n: failedPhotos })}`}
        </span>
        {mayAct && <Cancel restore={restore} about={about} />}
      </div>
    </div>
  );
}

function Head({ title, detail }: { title: string; detail: string }) {
  return (
    <span className="row-words">
      <b>{title}</b>
      <span className="second">{detail}</span>
    </span>
  );
}

function Cancel({ restore, about }: { restore: RestoreRun; about: string }) {
  const say = useWords(words);
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Press icon="close" label={`${say("act.cancel")}: ${about}`} onPress={() => setIsAsking(true)}>
        {say("act.cancel")}
      </Press>
      {isAsking && (
        <Confirm
          title={say("back.cancelTitle")}
          doIt={say("back.cancelDo")}
          onConfirm={() => ask("POST /api/admin/restores/{id}/cancel", { path: { id: restore.restoreId } })}
          onClose={() => setIsAsking(false)}
        >
          <p>{say("back.cancelWhy")}</p>
        </Confirm>
      )}
    </>
  );
}

export interface RestoredSheetProps {
  id: string;
  now: Now;
  names: Names;
  onClose: () => void;
}

/** One of them over the page; failures first. */
export function RestoredSheet({ id, now, names, onClose }: RestoredSheetProps) {
  const say = useWords(words);
  const told = useLive((snapshot) => snapshot.restore_status)?.value;
  const again = `${useReturn()}|${told?.restoreId === id ? told.phase : ""}`;
  const read = useRead("GET /api/admin/restores/{id}", { path: { id }, again });
  return (
    <Sheet title={say("back.one")} onClose={onClose} className="backups-sheet">
      <Shown read={read} what={say("back.loading")}>
        {({ data }) => <One restore={withTold(data, told)} now={now} names={names} />}
      </Shown>
    </Sheet>
  );
}

function One({ restore, now, names }: { restore: RestoreRun; now: Now; names: Names }) {
  const say = useWords(words);
  const { language } = useChoices();
  const isStale = useIsStale();
  const { icon, tone } = look(restore);
  const stands = standing(restore);
  const facts: [string, ReactNode][] = [
    [say("detail.event"), names.event(restore.eventId)],
    [say("restore.from"), names.place(restore.from)],
  ];
  if (restore.folder) facts.push([say("check.to"), restore.folder]);
  if (stands !== null && restore.totalPhotos > 0)
    facts.push([
      say("detail.photos"),
      say("back.stands", { n: stands, all: restore.totalPhotos, there: restore.wasThere ?? 0 }),
    ]);
  if (restore.totalBytes > 0) facts.push([say("detail.size"), size(language, restore.totalBytes)]);
  facts.push([say("detail.began"), <Clock key="began" at={restore.startTime} />]);
  if (restore.endTime) facts.push([say("detail.ended"), <Clock key="ended" at={restore.endTime} />]);
  const failures = restore.failures ?? [];
  const more = (restore.failedPhotos ?? 0) - failures.length;
  return (
    <div className={isStale ? "is-stale" : undefined}>
      <Card label={say("back.one")}>
        {isOver(restore) ? (
          <div className="backups-run">
            <p className="backups-state">
              <Icon name={icon} className={`is-${tone}`} />
              <b>{say.sentence(course(restore))}</b>
            </p>
            {restore.phase === "failed" && restore.error && <p lang="en">{restore.error}</p>}
            {restore.phase === "failed" && restore.remedy ? (
              <p className="second" lang="en">
                {restore.remedy}
              </p>
            ) : (
              restore.phase !== "failed" && <p className="second">{say(`next.${restore.phase as Over}`)}</p>
            )}
            <Again restore={restore} now={now} names={names} />
          </div>
        ) : (
          <Going restore={restore} names={names} isHere />
        )}
      </Card>
      {failures.length > 0 && (
        <Card title={say("back.failures")}>
          <Rows>
            {failures.map(({ name, message }) => (
              <Row key={name} icon="octagon" tone="trouble" title={name} note={message} />
            ))}
            {more > 0 && <p className="second backups-note">{say("safety.more", { n: more })}</p>}
          </Rows>
        </Card>
      )}
      {(restore.warnings ?? []).length > 0 && (
        <Card title={say("back.warnings")}>
          <Rows>
            {(restore.warnings ?? []).map((warning) => (
              <Row key={warning} title={<span lang="en">{warning}</span>} />
            ))}
          </Rows>
        </Card>
      )}
      <dl className="backups-facts">
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt className="second">{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      <Earlier id={restore.restoreId} names={names} />
    </div>
  );
}

type Over = "completed" | "incomplete" | "cancelled" | "interrupted";

/** The same again into the same folder, from there or from another destination. */
function Again({ restore, now, names }: { restore: RestoreRun; now: Now; names: Names }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  // What one copy has damaged or not at all, another may have.
  const other = now.destinations.find(({ id }) => id !== restore.from)?.id;
  const [from, setFrom] = useState((restore.phase === "incomplete" && other) || restore.from);
  if (!mayAct || restore.phase === "completed") return null;
  async function again() {
    const { data } = await ask("POST /api/admin/restores/{id}/retry", {
      path: { id: restore.restoreId },
      body: { from },
    });
    go("backups", `restored/${data.restoreId}`, "replace");
  }
  return (
    <>
      <Choice label={say("restore.from")} value={from} onChange={({ target }) => setFrom(target.value)}>
        {now.destinations.map(({ id, path }) => (
          <option key={id} value={id}>
            {placeName(id, path)}
          </option>
        ))}
      </Choice>
      <div className="backups-run-do">
        <Button
          look="main"
          icon="again"
          onPress={again}
          label={`${say("back.again")}: ${names.event(restore.eventId)}`}
        >
          {say("back.again")}
        </Button>
      </div>
    </>
  );
}

/** The others on record. */
function Earlier({ id, names }: { id: string; names: Names }) {
  const say = useWords(words);
  const read = useRead("GET /api/admin/restores");
  const others = (read.value?.data ?? []).filter((other) => other.restoreId !== id && isOver(other));
  if (others.length === 0) return null;
  return (
    <Card title={say("back.earlier")}>
      <Rows>
        {others.map((other) => (
          <Ended
            key={other.restoreId}
            restore={other}
            names={names}
            href={to("backups", `restored/${other.restoreId}`)}
          />
        ))}
      </Rows>
    </Card>
  );
}
