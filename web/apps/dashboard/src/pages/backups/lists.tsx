// Runs: what needs somebody, what is under way, what ended.

import type { BackupRun } from "@kilat/client";
import { type ReactNode, useState } from "react";
import { ask, useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Clock, Confirm, Empty, Icon, Press, Progress, Row, Rows, Shown } from "../../parts/index.js";
import { size, span, speed } from "../../words/times.js";
import { RestoreLink } from "./restore.js";
import { doing, hasEnded, percent, sorted } from "./runs.js";
import { words } from "./words.js";

/** What runs are about, by id, in words. */
export interface Names {
  event(id: string): string;
  place(id: string): string;
  /** The event in use, which need not be named again. */
  inUse: string | undefined;
}

/** Ended ones that are shown at first. */
const FEW = 10;

export function title(run: BackupRun, names: Names, say: ReturnType<typeof useWords<(typeof words)["en"]>>): string {
  const place = names.place(run.destination);
  if (run.phase === "failed") return say(run.kind === "verify" ? "run.verifyFailed" : "run.failed", { place });
  return say(run.kind === "verify" ? "run.verify" : "run.copy", { place });
}

export function Failed({ runs, names }: { runs: readonly BackupRun[]; names: Names }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  if (runs.length === 0) return null;
  return (
    <Card title={say("runs.failed")}>
      <Rows>
        {runs.map((run) => (
          <div key={run.backupId} className="backups-run">
            <Head run={run} names={names} icon={<Icon name="octagon" className="is-trouble" />}>
              {say.sentence(doing(run))}
              {run.endTime && (
                <>
                  {" · "}
                  <Clock at={run.endTime} />
                </>
              )}
            </Head>
            {run.error && (
              <p className="second backups-run-note" lang="en">
                {run.error}
              </p>
            )}
            {mayAct && (
              <div className="backups-run-do">
                <Mend run={run} names={names} />
                <RestoreLink run={run} names={names} />
              </div>
            )}
          </div>
        ))}
      </Rows>
    </Card>
  );
}

/** The first two lines, which lead to the whole of it. */
function Head({ run, names, icon, children }: { run: BackupRun; names: Names; icon?: ReactNode; children: ReactNode }) {
  const say = useWords(words);
  const event = run.eventId === names.inUse ? null : names.event(run.eventId);
  return (
    <a className="backups-run-head" href={to("backups", run.backupId)}>
      {icon}
      <span className="row-words">
        <b>{title(run, names, say)}</b>
        {event !== null && <span className="second">{event}</span>}
        <span className="second">{children}</span>
      </span>
      <Icon name="right" className="row-way" />
    </a>
  );
}

/** What a failed run needs: another try; of a read-back, a backup that brings anew what was bad. */
export function Mend({ run, names }: { run: BackupRun; names: Names }) {
  const say = useWords(words);
  const { eventId, destination } = run;
  async function copy() {
    await ask("POST /api/admin/events/{id}/backup", { path: { id: eventId }, body: { destinations: [destination] } });
  }
  return (
    <>
      {run.kind === "verify" && run.phase === "failed" && (
        <Button look="main" label={`${say("act.anew")}: ${names.place(destination)}`} onPress={copy}>
          {say("act.anew")}
        </Button>
      )}
      <Retry run={run} names={names} />
    </>
  );
}

function Retry({ run, names }: { run: BackupRun; names: Names }) {
  const say = useWords(words);
  return (
    <Button icon="again" label={`${say("act.retry")}: ${title(run, names, say)}`} onPress={() => change(run, "retry")}>
      {say("act.retry")}
    </Button>
  );
}

/** Says nothing when it is done: the run shows it. */
export async function change(run: BackupRun, what: "pause" | "resume" | "cancel" | "retry"): Promise<void> {
  await ask(`POST /api/admin/backups/{id}/${what}`, { path: { id: run.backupId } });
}

export function UnderWay({ runs, names }: { runs: readonly BackupRun[]; names: Names }) {
  const say = useWords(words);
  if (runs.length === 0) return null;
  return (
    <Card title={say("runs.underWay")}>
      <Rows>
        {runs.map((run) => (
          <Going key={run.backupId} run={run} names={names} />
        ))}
      </Rows>
    </Card>
  );
}

function Going({ run, names }: { run: BackupRun; names: Names }) {
  const say = useWords(words);
  const { language } = useChoices();
  const mayAct = useMay("act");
  const { phase } = run;
  const isHeld = phase === "paused" || phase === "waiting" || phase === "queued";
  const tone = phase === "waiting" ? "trouble" : isHeld ? "busy" : "action";
  const numbers = [
    say("run.photos", { done: run.processedPhotos, all: run.totalPhotos }),
    run.totalBytes > 0
      ? say("run.bytes", { done: size(language, run.processedBytes), all: size(language, run.totalBytes) })
      : null,
    run.bytesPerSecond && !isHeld ? speed(language, run.bytesPerSecond) : null,
  ].filter((text) => text !== null);
  const left = run.etaMs !== undefined && !isHeld ? say("run.left", { span: span(language, run.etaMs) }) : null;
  const isCounted = run.totalPhotos > 0 || phase === "copying" || phase === "verifying";
  return (
    <div className="backups-run">
      <Head run={run} names={names}>
        {isCounted ? numbers.join(" · ") : say.sentence(doing(run))}
      </Head>
      <Progress percent={percent(run)} label={title(run, names, say)} tone={tone} />
      {phase === "waiting" && run.reason && (
        <p className="second backups-run-note" lang="en">
          {run.reason}
        </p>
      )}
      <div className="backups-run-foot">
        <span className={`second ${phase === "waiting" ? "is-trouble" : ""}`}>
          {[
            left,
            isCounted ? say.sentence(doing(run)) : null,
            run.failedUploads > 0 ? say("phase.failedSome", { n: run.failedUploads }) : null,
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {mayAct && <Steer run={run} names={names} />}
      </div>
      <Files run={run} />
    </div>
  );
}

/** Files that it works on, so that one sees it move. */
const MOST_FILES = 2;

export function Files({ run, most = MOST_FILES }: { run: BackupRun; most?: number }) {
  const say = useWords(words);
  const { language } = useChoices();
  const files = run.currentFiles ?? [];
  if (files.length === 0 || run.phase === "paused") return null;
  const more = files.length - most;
  return (
    <div className="backups-run-files second">
      {files.slice(0, most).map(({ name, doneBytes, totalBytes }) => (
        <p key={name}>
          <span>{name}</span>
          <span>
            {totalBytes > 0 ? Math.min(1, doneBytes / totalBytes).toLocaleString(language, { style: "percent" }) : "–"}
          </span>
        </p>
      ))}
      {more > 0 && <p>{say("run.more", { n: more })}</p>}
    </div>
  );
}

/** Pause or go on, and cancel. */
export function Steer({ run, names }: { run: BackupRun; names: Names }) {
  const say = useWords(words);
  const [isCancelling, setIsCancelling] = useState(false);
  if (hasEnded(run)) return null;
  const next = run.phase === "paused" ? "resume" : "pause";
  const about = title(run, names, say);
  return (
    <span className="backups-run-steer">
      {/* Another command is another button: the word on the last one goes with it. */}
      <Button
        key={next}
        icon={next === "pause" ? "pause" : "play"}
        label={`${say(`act.${next}`)}: ${about}`}
        onPress={() => change(run, next)}
      >
        {say(`act.${next}`)}
      </Button>
      <Press icon="close" label={`${say("act.cancel")}: ${about}`} onPress={() => setIsCancelling(true)}>
        {say("act.cancel")}
      </Press>
      {isCancelling && (
        <Confirm
          title={say("cancel.title")}
          doIt={say("cancel.do")}
          onConfirm={() => change(run, "cancel")}
          onClose={() => setIsCancelling(false)}
        >
          <p>{say("cancel.why", { place: names.place(run.destination) })}</p>
        </Confirm>
      )}
    </span>
  );
}

export function Ended({ runs, names, hasOthers }: { runs: readonly BackupRun[]; names: Names; hasOthers: boolean }) {
  const say = useWords(words);
  const [isAll, setIsAll] = useState(false);
  if (runs.length === 0 && hasOthers) return null;
  if (runs.length === 0)
    return (
      <Card label={say("runs.ended")}>
        <Empty icon="shield" title={say("runs.none")}>
          {say("runs.noneWhy")}
        </Empty>
      </Card>
    );
  return (
    <Card title={say("runs.ended")}>
      {isAll ? <All names={names} /> : <EndedRows runs={runs.slice(0, FEW)} names={names} />}
      {!isAll && runs.length >= FEW && (
        <div className="backups-more">
          <Press onPress={() => setIsAll(true)}>{say("runs.all")}</Press>
        </div>
      )}
    </Card>
  );
}

/** All that are on record; the live list has the newest only. */
function All({ names }: { names: Names }) {
  const say = useWords(words);
  const read = useRead("GET /api/admin/backup/status");
  return (
    <Shown read={read} what={say("runs.loading")} rows={FEW}>
      {({ data }) => <EndedRows runs={sorted(data.allBackups).ended} names={names} />}
    </Shown>
  );
}

function EndedRows({ runs, names }: { runs: readonly BackupRun[]; names: Names }) {
  const say = useWords(words);
  const { language } = useChoices();
  return (
    <Rows>
      {runs.map((run) => {
        const isGood = run.phase === "completed";
        return (
          <div key={run.backupId} className="backups-ended">
            <Row
              icon={isGood ? "check" : run.phase === "failed" ? "octagon" : "close"}
              tone={isGood ? "safe" : "plain"}
              title={title(run, names, say)}
              detail={
                <>
                  {run.eventId === names.inUse ? "" : `${names.event(run.eventId)} · `}
                  <Clock at={run.endTime ?? run.startTime} />
                  {` · ${say("run.count", { n: run.totalPhotos })} · ${say.sentence(doing(run))}`}
                </>
              }
              endDetail={run.duration === undefined ? undefined : span(language, Math.max(1_000, run.duration))}
              href={to("backups", run.backupId)}
            />
            <RestoreLink run={run} names={names} />
          </div>
        );
      })}
    </Rows>
  );
}
