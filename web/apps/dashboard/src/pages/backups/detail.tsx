// One run over the page: what happened, what to do, each photo that failed, its times.

import type { BackupRun } from "@kilat/client";
import { Fragment, type ReactNode } from "react";
import { useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useIsStale } from "../../live/live.js";
import { useMay } from "../../live/session.js";
import { Card, Clock, Empty, Icon, Progress, Row, Rows, Sheet, Shown } from "../../parts/index.js";
import { size, span, speed } from "../../words/times.js";
import { Files, Mend, type Names, Steer, title } from "./lists.js";
import { RestoreLink } from "./restore.js";
import { doing, hasEnded, percent } from "./runs.js";
import { words } from "./words.js";

export interface DetailProps {
  id: string;
  /** As the live list has it; one that is older than that list is asked for. */
  run: BackupRun | undefined;
  names: Names;
  onClose: () => void;
}

export function Detail({ id, run, names, onClose }: DetailProps) {
  const say = useWords(words);
  return (
    <Sheet title={run ? title(run, names, say) : "…"} onClose={onClose} className="backups-sheet">
      {run ? <One run={run} names={names} /> : <Old id={id} names={names} />}
    </Sheet>
  );
}

function Old({ id, names }: { id: string; names: Names }) {
  const say = useWords(words);
  const read = useRead("GET /api/admin/backup/status");
  return (
    <Shown read={read} what={say("runs.loading")}>
      {({ data }) => {
        const run = data.allBackups.find(({ backupId }) => backupId === id);
        return run ? <One run={run} names={names} /> : <Empty icon="shield" title={say("detail.gone")} />;
      }}
    </Shown>
  );
}

function One({ run, names }: { run: BackupRun; names: Names }) {
  const say = useWords(words);
  const { language } = useChoices();
  const isStale = useIsStale();
  const mayAct = useMay("act");
  const isOver = hasEnded(run);
  const facts: [string, ReactNode][] = [
    [say("detail.event"), names.event(run.eventId)],
    [say("detail.place"), names.place(run.destination)],
    [say("detail.kind"), say(`detail.kind.${run.kind}`)],
    [say("detail.asked"), say(`detail.by.${run.askedBy}`)],
    [say("detail.began"), <Clock key="began" at={run.startTime} />],
  ];
  if (run.endTime) facts.push([say("detail.ended"), <Clock key="ended" at={run.endTime} />]);
  if (run.duration !== undefined) facts.push([say("detail.took"), span(language, Math.max(1_000, run.duration))]);
  facts.push([say("detail.photos"), say("run.photos", { done: run.processedPhotos, all: run.totalPhotos })]);
  if (run.totalPhotos > 0) facts.push(["", say("detail.new", { n: run.successfulUploads, there: run.wasThere })]);
  if (run.totalBytes > 0) facts.push([say("detail.size"), size(language, run.totalBytes)]);
  if (run.freeBytes !== undefined) facts.push([say("detail.free"), size(language, run.freeBytes)]);
  return (
    <div className={isStale ? "is-stale" : undefined}>
      <Card label={title(run, names, say)}>
        <div className="backups-run">
          <p className="backups-state">
            <Icon {...look(run)} />
            <b>{say.sentence(doing(run))}</b>
          </p>
          {!isOver && (
            <>
              <Progress percent={percent(run)} label={title(run, names, say)} />
              <p className="second">
                {[
                  say("run.bytes", { done: size(language, run.processedBytes), all: size(language, run.totalBytes) }),
                  run.bytesPerSecond ? speed(language, run.bytesPerSecond) : "",
                  run.etaMs === undefined ? "" : say("run.left", { span: span(language, run.etaMs) }),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
              <Files run={run} most={8} />
            </>
          )}
          <Why head={run.phase === "waiting" ? say("detail.reason") : ""} text={run.reason} />
          {run.phase === "waiting" && <p className="second">{say("detail.nextWaiting")}</p>}
          <Why head={say("detail.error")} text={run.error} />
          {run.phase === "failed" && (
            <div>
              <b>{say("detail.next")}</b>
              <p>{say(run.kind === "verify" ? "detail.nextAnew" : "detail.nextRetry")}</p>
              {run.remedy && (
                <p className="second" lang="en">
                  {run.remedy}
                </p>
              )}
            </div>
          )}
          {mayAct && (
            <div className="backups-run-do">
              {isOver ? (
                run.phase !== "completed" && <Mend run={run} names={names} />
              ) : (
                <Steer run={run} names={names} />
              )}
              <RestoreLink run={run} names={names} />
            </div>
          )}
        </div>
      </Card>
      {run.failedUploads > 0 && <Failures run={run} />}
      <dl className="backups-facts">
        {facts.map(([name, value]) => (
          <Fragment key={name || "more"}>
            <dt className="second">{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </div>
  );
}

function look({ phase }: BackupRun) {
  if (phase === "completed") return { name: "check", className: "is-safe" } as const;
  if (phase === "failed" || phase === "waiting") return { name: "octagon", className: "is-trouble" } as const;
  return phase === "cancelled"
    ? ({ name: "close", className: "is-plain" } as const)
    : ({ name: "clock", className: "is-busy" } as const);
}

function Why({ head, text }: { head: string; text: string | undefined }) {
  if (!text || !head) return null;
  return (
    <div>
      <b>{head}</b>
      <p lang="en">{text}</p>
    </div>
  );
}

/** The list has the first ten; here is all that was kept. */
function Failures({ run }: { run: BackupRun }) {
  const say = useWords(words);
  const read = useRead("GET /api/admin/events/{id}/backup", {
    path: { id: run.eventId },
    query: { backupId: run.backupId },
    again: `${run.phase}|${run.failedUploads}`,
  });
  return (
    <Card title={say("detail.failures")}>
      <Shown read={read} what={say("detail.failures")}>
        {({ data }) => {
          const whole = Array.isArray(data) ? data.find(({ backupId }) => backupId === run.backupId) : data;
          const failures = whole?.failures ?? run.failures ?? [];
          const more = run.failedUploads - failures.length;
          return (
            <Rows>
              {failures.map(({ photoId, name, message }) => (
                <Row key={photoId} icon="octagon" tone="trouble" title={name} note={message} />
              ))}
              {more > 0 && <p className="second backups-note">{say("safety.more", { n: more })}</p>}
            </Rows>
          );
        }}
      </Shown>
    </Card>
  );
}
