"use client";
// Backup runs: those under way with their progress, those that ended, and what starts one.

import type {
  BackupPhase,
  BackupProgress,
  BackupRun,
  CallName,
  Channel,
  DestinationRow,
  EventRow,
  Held,
} from "@kilat/client";
import { call } from "@kilat/client/call";
import { type FormEvent, type ReactNode, useEffect, useMemo, useState } from "react";
import { useKilatClient } from "../context.js";
import { useKilat, useKilatStatus } from "../known.js";
import { type Command, CommandLine, useCommand } from "../parts/command.js";
import { Button, Count, type Kind, Note, Progress, Row, Skeleton } from "../parts/pieces.js";
import { useSpeech } from "../parts/speak.js";
import { Age, useIsStale } from "../parts/time.js";
import { tame, type Word } from "../parts/words.js";
import { useBackupRealtime } from "../realtime.js";
import { type BodyProps, Frame, Monitor, type MonitorProps, POLL_MS } from "./frame.js";

const CHANNELS: readonly Channel[] = ["backup"];
/** Rows of each kind. */
const SHOWN = 3;

const PHASES: Record<BackupPhase, readonly [Word | null, Kind]> = {
  queued: ["queued", "busy"],
  listing: ["listing", "action"],
  copying: ["readBack", "action"],
  verifying: ["verifying", "action"],
  sealing: ["sealing", "action"],
  paused: ["pausedRun", "busy"],
  waiting: ["waitingRun", "busy"],
  completed: [null, "safe"],
  failed: ["failed", "trouble"],
  cancelled: ["cancelled", "plain"],
};
const ENDED = /completed|failed|cancelled/;

/** Backups: under way, ended, started. */
export function BackupStatusMonitor(props: MonitorProps): ReactNode {
  return <Monitor {...props} name="backups" channels={CHANNELS} everyMs={POLL_MS} isFollowing body={Body} />;
}

function Body(props: BodyProps): ReactNode {
  const { t } = useSpeech();
  const client = useKilatClient();
  const status = useKilatStatus();
  const { runs: held, progress, ...notices } = useBackupRealtime();
  const isStale = useIsStale(held, props.isRealtime ? 0 : props.everyMs);
  const command = useCommand();
  const [open, setOpen] = useState<"start" | "clear" | null>(null);
  const runs = useMemo(() => (held ? held.value.map((run) => newest(run, held, progress)) : []), [held, progress]);
  const eventName = useEventNames(runs);
  const active = runs.filter(({ phase }) => !ENDED.test(phase));
  const ended = runs.filter(({ phase }) => ENDED.test(phase));
  const count = (phase: BackupPhase) => runs.filter((run) => run.phase === phase).length;
  const nameOf = (run: BackupRun) => t("toPlace", { event: eventName(run.eventId), place: run.destination });
  const toggle = (which: "start" | "clear") => setOpen(open === which ? null : which);
  // States of runs, not their numbers.
  const announced = active.map((run) => `${nameOf(run)}: ${t(PHASES[run.phase][0] ?? "completed")}`);
  if (!active.length && ended[0]) announced.push(`${nameOf(ended[0])}: ${t(PHASES[ended[0].phase][0] ?? "completed")}`);
  const forget = async () => {
    await command.run("clear", () => call(client, "DELETE /api/admin/backup/status", { query: { maxAge: "7" } }));
    setOpen(null);
    client.refresh();
  };
  return (
    <Frame
      {...props}
      icon="shield"
      link={status}
      held={held}
      notices={notices}
      command={command}
      announced={announced}
      ghosts={[2, 4]}
      onRefresh={client.refresh}
      buttons={
        <>
          <Button isOpen={open === "start"} onClick={() => toggle("start")}>
            {t("start")}
          </Button>
          <Button isOpen={open === "clear"} onClick={() => toggle("clear")}>
            {t("clearOld")}
          </Button>
        </>
      }
      panel={
        open === "start" ? (
          <Start command={command} onClose={() => setOpen(null)} />
        ) : open === "clear" ? (
          <Ask
            text={t("clearOldAsk")}
            yes={t("forget")}
            isAsked={command.isAsked("clear")}
            onYes={forget}
            onNo={() => setOpen(null)}
          />
        ) : null
      }
    >
      {active.slice(0, SHOWN).map((run) => (
        <Active key={run.backupId} run={run} name={nameOf(run)} command={command} isStale={isStale} />
      ))}
      {active.length > SHOWN ? <div className="kl-second">{t("more", { n: active.length - SHOWN })}</div> : null}
      <dl className="kl-counts">
        <Count value={runs.length} label={t("runs")} />
        <Count value={active.length} label={t("active")} />
        <Count value={count("completed")} label={t("completed")} />
        <Count value={count("failed")} label={t("failed")} kind={count("failed") ? "trouble" : "plain"} />
      </dl>
      <ul className="kl-rows">
        {ended.slice(0, SHOWN).map((run) => (
          <Ended key={run.backupId} run={run} name={nameOf(run)} command={command} />
        ))}
        {runs.length ? null : (
          <Row icon="shield" title={t("noRuns")}>
            {t("noRunsHow")}
          </Row>
        )}
      </ul>
    </Frame>
  );
}

/** A run with what was told of its progress since. */
function newest(run: BackupRun, of: Held<unknown>, progress: readonly Held<BackupProgress>[]): BackupRun {
  const later = progress.find(({ value }) => value.backupId === run.backupId);
  return later && later.asOfMs > of.asOfMs && !ENDED.test(run.phase) ? { ...run, ...later.value } : run;
}

interface RunProps {
  readonly run: BackupRun;
  readonly name: string;
  readonly command: Command;
}

function Active({ run, name, command, isStale }: RunProps & { readonly isStale: boolean }): ReactNode {
  const { t, bytes, duration } = useSpeech();
  const [isAsking, setAsking] = useState(false);
  const [word, kind] = PHASES[run.phase];
  const { processedPhotos, totalPhotos, processedBytes, totalBytes, bytesPerSecond, etaMs } = run;
  const act = useRunCommand(run, command);
  // What is not moving has no speed, and no end in sight.
  const isMoving = !isStale && (run.phase === "copying" || run.phase === "verifying");
  const isListing = run.phase === "queued" || run.phase === "listing";
  const facts = [isListing && !totalPhotos ? t("unknown") : t("photosOf", { done: processedPhotos, n: totalPhotos })];
  if (bytesPerSecond && isMoving) facts.push(t("perSecond", { size: bytes(bytesPerSecond) }));
  const rest = [word && t(word)];
  if (etaMs !== undefined && isMoving) rest.unshift(t("left", { time: duration(etaMs) }));
  return (
    <div className="kl-run">
      <bdi className="kl-name">{name}</bdi>
      <div className="kl-second">{facts.join(" · ")}</div>
      <Progress
        value={totalBytes ? (processedBytes / totalBytes) * 100 : null}
        label={name}
        kind={isStale ? "plain" : kind}
      />
      <div className="kl-second">{rest.filter(Boolean).join(" · ")}</div>
      {run.reason ? <Note kind="busy">{run.reason}</Note> : null}
      {run.failedUploads ? <Note kind="trouble">{t("notBrought", { n: run.failedUploads })}</Note> : null}
      {isAsking ? (
        <Ask
          text={t("cancelAsk")}
          yes={t("end")}
          isAsked={act.isAsked("cancel")}
          onYes={() => act.run("cancel").then(() => setAsking(false))}
          onNo={() => setAsking(false)}
        />
      ) : (
        <div className="kl-buttons">
          {run.phase === "paused" ? act.button("resume") : act.button("pause")}
          <Button onClick={() => setAsking(true)} label={`${t("cancel")}: ${name}`}>
            {t("cancel")}
          </Button>
        </div>
      )}
    </div>
  );
}

const AGAIN = { pause: "pause", resume: "resume", cancel: "cancel", retry: "again" } as const;
type RunAction = keyof typeof AGAIN;

function useRunCommand({ backupId: id }: BackupRun, command: Command) {
  const { t } = useSpeech();
  const client = useKilatClient();
  const named = (action: RunAction) => `${action} ${id}`;
  const run = (action: RunAction) =>
    command.run(named(action), async () => {
      const answer = await call(client, `POST /api/admin/backups/{id}/${action}` as CallName, { path: { id } });
      client.refresh();
      return answer;
    });
  return {
    run,
    isAsked: (action: RunAction) => command.isAsked(named(action)),
    button: (action: RunAction) => (
      <Button isAsked={command.isAsked(named(action))} onClick={() => run(action)}>
        {t(AGAIN[action])}
      </Button>
    ),
  };
}

function Ended({ run, name, command }: RunProps): ReactNode {
  const { t, duration } = useSpeech();
  const act = useRunCommand(run, command);
  const [word, kind] = PHASES[run.phase];
  const isRetried = run.phase === "failed" || run.phase === "cancelled";
  return (
    <Row
      icon={kind === "safe" ? "check" : kind === "trouble" ? "trouble" : "info"}
      kind={kind}
      title={name}
      figure={run.duration === undefined ? undefined : duration(run.duration)}
      below={isRetried ? <div className="kl-buttons">{act.button("retry")}</div> : undefined}
    >
      {word ? t(word) : t("checked", { n: run.successfulUploads })}
      {run.failedUploads ? ` · ${t("notBrought", { n: run.failedUploads })}` : ""} ·{" "}
      <Age of={run.endTime ?? run.startTime} />
      {run.error ? <div>{tame(run.error)}</div> : null}
    </Row>
  );
}

interface AskProps {
  readonly text: string;
  readonly yes: string;
  readonly isAsked: boolean;
  onYes(): void;
  onNo(): void;
}

function Ask({ text, yes, isAsked, onYes, onNo }: AskProps): ReactNode {
  const { t } = useSpeech();
  return (
    <fieldset className="kl-form">
      <legend className="kl-legend">{text}</legend>
      <div className="kl-buttons">
        <Button kind="trouble" isAsked={isAsked} onClick={onYes}>
          {yes}
        </Button>
        <Button onClick={onNo}>{t("keep")}</Button>
      </div>
    </fieldset>
  );
}

/** Names of events: of the one in use from what is known, of others asked once. */
function useEventNames(runs: readonly BackupRun[]): (id: string) => string {
  const client = useKilatClient();
  const current = useKilat((known) => known.now?.value.event ?? null);
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const unknown = runs.map(({ eventId }) => eventId).find((id) => id !== current?.id && !names.has(id)) ?? "";
  useEffect(() => {
    if (!unknown) return undefined;
    let isThere = true;
    call(client, "GET /api/admin/events")
      .then(
        (events) =>
          isThere && setNames(new Map([[unknown, unknown], ...events.map(({ id, name }) => [id, name] as const)])),
      )
      // Without it the event is shown by its id, which the run carries.
      .catch(() => isThere && setNames((before) => new Map([...before, [unknown, unknown]])));
    return () => {
      isThere = false;
    };
  }, [client, unknown]);
  return (id) => (id === current?.id ? current.name : (names.get(id) ?? id));
}

interface StartProps {
  readonly command: Command;
  onClose(): void;
}

function Start({ command, onClose }: StartProps): ReactNode {
  const { t } = useSpeech();
  const client = useKilatClient();
  const [choice, setChoice] = useState<{ events: EventRow[]; places: DestinationRow[] } | null>(null);
  const [eventId, setEvent] = useState("");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { run } = command;
  const list = useCommand();
  const { run: ask } = list;
  useEffect(() => {
    void ask("list", async () => {
      const [events, all] = await Promise.all([
        call(client, "GET /api/admin/events"),
        call(client, "GET /api/admin/destinations"),
      ]);
      const places = all.filter(({ kind }) => kind === "backup");
      setChoice({ events, places });
      setEvent((events.find(({ status }) => status === "active") ?? events[0])?.id ?? "");
      setChosen(new Set(places.map(({ id }) => id)));
    });
  }, [client, ask]);
  const begin = async (event: FormEvent) => {
    event.preventDefault();
    const start = () =>
      call(client, "POST /api/admin/events/{id}/backup", {
        path: { id: eventId },
        body: { destinations: [...chosen] },
      });
    if (!(await run("start", start))) return;
    client.refresh();
    onClose();
  };
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  if (!choice) return list.said?.state === "refused" ? <CommandLine of={list} /> : <Skeleton rows={2} />;
  return (
    <form className="kl-form" onSubmit={begin}>
      <label className="kl-field">
        <span>{t("event")}</span>
        <select className="kl-input" value={eventId} onChange={(event) => setEvent(event.target.value)}>
          {choice.events.map(({ id, name, date }) => (
            <option key={id} value={id}>
              {name} · {date}
            </option>
          ))}
        </select>
      </label>
      <fieldset className="kl-field">
        <legend>{t("places")}</legend>
        {choice.places.length ? null : <p className="kl-second">{t("noPlaces")}</p>}
        {choice.places.map(({ id, url, up, reason }) => (
          <label key={id} className="kl-choice">
            <input type="checkbox" className="kl-tick" checked={chosen.has(id)} onChange={() => toggle(id)} />
            <span className="kl-words">
              <bdi className="kl-name">{id}</bdi> <span className="kl-second">{up ? url : (reason ?? url)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div className="kl-buttons">
        {choice.places.length ? (
          <Button type="submit" kind="action" isAsked={command.isAsked("start") || !chosen.size || !eventId}>
            {t("start")}
          </Button>
        ) : null}
        <Button onClick={onClose}>{t("close")}</Button>
      </div>
    </form>
  );
}
