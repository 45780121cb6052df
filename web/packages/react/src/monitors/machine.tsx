"use client";
// The machine: asked every two minutes, which is enough for it; with the switch on, its few numbers follow live.

import type { Channel, Link, MachineSummary, Status } from "@kilat/client";
import { type ReactNode, useEffect } from "react";
import { useKilatClient, useSurroundings } from "../context.js";
import { type Selector, useKilat, useKilatOf, useKilatStatus } from "../known.js";
import { useNotices } from "../notices.js";
import { useCommand } from "../parts/command.js";
import { type Kind, Note, Progress } from "../parts/pieces.js";
import { useSpeech } from "../parts/speak.js";
import { useIsStale } from "../parts/time.js";
import { type BodyProps, Frame, Monitor, type MonitorProps } from "./frame.js";
import { useMetrics } from "./metrics.js";

const NONE: readonly Channel[] = [];
const SYSTEM: readonly Channel[] = ["system"];
const POLL_MS = 120_000;
/** Disks that Kilat uses are shown first; of more the rest is left out. */
const SHOWN = 4;
/** Percent from which on it is said. */
const HIGH = 85;
const FULL = 95;
/** Hours from which on it is said that a disk fills. */
const SOON = 24;

/** Processors, memory, disks and temperature of the server. */
export function SystemMonitor(props: MonitorProps): ReactNode {
  return <Monitor {...props} name="machine" channels={NONE} everyMs={POLL_MS} isFollowing={false} body={Body} />;
}

const ownStatus: Selector<Status> = (_, status) => status;
const live = ({ system_status }: Parameters<Parameters<typeof useKilat>[0]>[0]) => system_status;

interface Gauge {
  readonly name: string;
  /** Percent; null where nobody can tell. */
  readonly value: number | null;
  readonly text?: string;
}

function kindOf(value: number | null): Kind {
  if (value === null || value < HIGH) return "action";
  return value < FULL ? "busy" : "trouble";
}

function Body(props: BodyProps): ReactNode {
  const { isRealtime, everyMs } = props;
  const { t, number, percent, duration } = useSpeech();
  const here = useKilatClient();
  const client = useSurroundings().main ?? here;
  const { held, answeredMs, failure, ask } = useMetrics(everyMs);
  const status = useKilat(live, isRealtime ? SYSTEM : NONE);
  const own = useKilatStatus();
  const notices = useNotices("system storage");
  const command = useCommand();
  const summary = isRealtime && status ? (status.value.data["machine"] as MachineSummary | undefined) : undefined;
  const shown = summary ? status : held;
  const isStale = useIsStale(shown, isRealtime ? 0 : everyMs);
  const isRefused = failure?.error.status === 401 || failure?.error.status === 403;
  // What others on the page found out about the same server after the last answer here.
  const shared = useKilatOf(client, ownStatus);
  const lostMs = shared.link === "none" && shared.sinceMs > answeredMs ? shared.sinceMs : null;
  const asked: Link = isRefused ? "stopped" : failure || lostMs ? "none" : held ? "polling" : "connecting";
  const isThere = shared.link === "live" || shared.link === "polling";
  const hasFailed = !!failure;
  useEffect(() => {
    // It is there again: the number of before must not wait for its turn.
    if (isThere && hasFailed) void ask();
  }, [isThere, hasFailed, ask]);
  const stop =
    isRefused &&
    ({ code: failure.error.status, why: failure.error.status === 401 ? "not_signed_in" : "not_allowed" } as const);
  const link = isRealtime
    ? own
    : { link: asked, sinceMs: Math.min(lostMs ?? Infinity, failure?.sinceMs ?? Infinity), stop: stop || null };
  const metrics = held?.value;
  const gauges: Gauge[] = [
    { name: t("cpu"), value: summary?.cpu ?? metrics?.cpu?.usage ?? null },
    { name: t("memory"), value: summary?.memory ?? metrics?.memory?.usage ?? null },
  ];
  const disks = (metrics?.storage ?? []).filter(({ usedFor }) => usedFor.length).slice(0, SHOWN);
  for (const { mount, usage } of disks) gauges.push({ name: t("disk", { name: mount }), value: usage });
  if (!disks.length) gauges.push({ name: t("fullest"), value: summary?.storage ?? null });
  const degrees = summary?.temperature ?? hottest(metrics?.temperatures);
  const warnings = disks
    .filter(({ hoursUntilFull }) => hoursUntilFull !== null && hoursUntilFull <= SOON)
    .map(({ mount, hoursUntilFull }) =>
      t("fullIn", { what: t("disk", { name: mount }), time: duration((hoursUntilFull ?? 0) * 3_600_000) }),
    );
  const full = gauges.filter(({ value }) => (value ?? 0) >= FULL).map(({ name }) => t("busyNow", { what: name }));
  return (
    <Frame
      {...props}
      icon="chip"
      link={link}
      held={shown}
      notices={notices}
      command={command}
      announced={isStale ? [] : [...full, ...(warnings.length ? [t("fills")] : [])]}
      ghosts={[4, 0]}
      onRefresh={() => {
        if (isRealtime) client.refresh();
        void command.run("refresh", async () => {
          const error = await ask();
          if (error) throw error;
        });
      }}
      buttons={null}
    >
      {summary && status?.value.status === "degraded" ? <Note kind="busy">{status.value.message}</Note> : null}
      <dl className="kl-gauges">
        {gauges.map(({ name, value }) => (
          <div key={name} className="kl-gauge">
            <dt className="kl-gauge-name">{name}</dt>
            <dd className="kl-gauge-bar">
              {value === null ? (
                <span className="kl-second">{t("unknown")}</span>
              ) : (
                <Progress value={value} label={name} kind={isStale ? "plain" : kindOf(value)} />
              )}
            </dd>
            <dd
              className={`kl-gauge-text ${value !== null && value >= HIGH && !isStale ? `kl-ink-${kindOf(value)}` : "kl-second"}`}
            >
              {value === null ? "" : percent(value)}
            </dd>
          </div>
        ))}
        <div className="kl-gauge">
          <dt className="kl-gauge-name">{t("temperature")}</dt>
          <dd className="kl-second">{degrees === null ? t("unknown") : `${number(degrees)} °C`}</dd>
        </div>
      </dl>
      {isStale
        ? null
        : full.map((text) => (
            <Note key={text} kind="trouble">
              {text}
            </Note>
          ))}
      {isStale
        ? null
        : warnings.map((text) => (
            <Note key={text} kind="busy">
              {text}
            </Note>
          ))}
    </Frame>
  );
}

function hottest(sensors: readonly { readonly celsius: number }[] = []): number | null {
  return sensors.length ? Math.max(...sensors.map(({ celsius }) => celsius)) : null;
}
