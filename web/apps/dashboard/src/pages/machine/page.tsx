// The machine that Kilat runs on: is it well, what it does now, what it did before.

import type { Disk, MachineMetrics } from "@kilat/client";
import { useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useLive, useNow, useTime } from "../../live/live.js";
import { placeName } from "../../live/names.js";
import { Card, Empty, Icon, type IconName, Progress, Row, Rows, Shown } from "../../parts/index.js";
import { age, size, span, speed } from "../../words/times.js";
import { EVERY_MS, Past } from "./past.js";
import { type MachineVerdict, machineVerdict } from "./verdict.js";
import { words } from "./words.js";
import "./machine.css";

const ICONS: Record<MachineVerdict["kind"], IconName> = {
  safe: "check",
  busy: "triangle",
  trouble: "octagon",
  stale: "clock",
};

export function Page() {
  const say = useWords(words);
  // An alarm that begins or ends is told at once; the rest is asked for now and then.
  const told = useLive((snapshot) => snapshot.system_status?.value.message ?? "");
  const metrics = useRead("GET /api/admin/monitoring", { query: { type: "metrics" }, everyMs: EVERY_MS, again: told });
  const alerts = useRead("GET /api/admin/monitoring", { query: { type: "alerts" }, everyMs: EVERY_MS, again: told });
  const known = alerts.value?.type === "alerts" ? alerts.value.data : null;
  return (
    <div className="machine">
      <Shown read={metrics} what={say("what")} rows={6}>
        {(answer) =>
          answer.type === "metrics" ? (
            <div className="machine-now">
              <Verdict metrics={answer.data} verdict={machineVerdict(answer.data, known?.active ?? [])} />
              <Present metrics={answer.data} />
              <Disks disks={answer.data.storage} />
              <Network metrics={answer.data} />
              <Itself metrics={answer.data} />
            </div>
          ) : null
        }
      </Shown>
      <Past limits={known?.thresholds ?? null} />
    </div>
  );
}

function useHours() {
  const say = useWords(words);
  return (hours: number) =>
    hours < 1
      ? say("span.lessHour")
      : hours < 48
        ? say("span.hours", { n: Math.round(hours) })
        : say("span.days", { n: Math.round(hours / 24) });
}

function Verdict({ metrics, verdict }: { metrics: MachineMetrics; verdict: MachineVerdict }) {
  const say = useWords(words);
  const { language } = useChoices();
  const timeMs = useTime();
  const hours = useHours();
  const { kind, title, notes } = verdict;
  const soon = title.values?.["hours"];
  const values = { ...title.values, ...(typeof soon === "number" ? { time: hours(soon) } : {}) };
  const told = say.sentence({ ...title, values });
  return (
    <section className={`verdict is-${kind}`} aria-label={told}>
      <Icon name={ICONS[kind]} />
      <div className="verdict-words">
        <p className="verdict-title">{told}</p>
        {notes.map((note) => (
          <p key={note} className="verdict-detail" lang="en">
            {note}
          </p>
        ))}
        <p className="verdict-detail">
          {metrics.measuredAt === null
            ? say("verdict.unknownWhy")
            : say("measured", { age: age(language, Date.parse(metrics.measuredAt), timeMs) })}
        </p>
      </div>
    </section>
  );
}

function Gauge({ name, percent, detail }: { name: string; percent: number | null; detail: string }) {
  const say = useWords(words);
  const { language } = useChoices();
  return (
    <Row
      title={name}
      detail={detail}
      end={percent === null ? say("unknown") : (percent / 100).toLocaleString(language, { style: "percent" })}
      bar={
        percent === null ? undefined : (
          <Progress percent={percent} label={name} tone={percent >= 90 ? "busy" : "action"} />
        )
      }
    />
  );
}

function Present({ metrics }: { metrics: MachineMetrics }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { cpu, memory, temperatures } = metrics;
  const load = cpu?.load?.[0];
  const hottest = temperatures.length === 0 ? null : Math.max(...temperatures.map(({ celsius }) => celsius));
  const number = (n: number, digits = 0) => n.toLocaleString(language, { maximumFractionDigits: digits });
  const loadText =
    load === undefined
      ? say("unknown")
      : say("loadOf", { load: number(load, 1), cores: cpu?.cores ? number(cpu.cores) : "–" });
  const given = memory && { used: size(language, memory.usedBytes), total: size(language, memory.totalBytes) };
  return (
    <Card title={say("now.title")}>
      <Rows>
        <Gauge name={say("cpu")} percent={cpu?.usage ?? null} detail={`${say("load")}: ${loadText}`} />
        <Gauge
          name={say("memory")}
          percent={memory?.usage ?? null}
          detail={given ? say(memory.isLimited ? "memoryLimited" : "memoryOf", given) : say("unknown")}
        />
        <Row
          title={say("temperature")}
          detail={hottest === null ? undefined : temperatures.find(({ celsius }) => celsius === hottest)?.name}
          end={hottest === null ? say("unknown") : say("degrees", { n: number(hottest) })}
        />
      </Rows>
    </Card>
  );
}

function Disks({ disks }: { disks: readonly Disk[] }) {
  const say = useWords(words);
  if (disks.length === 0)
    return (
      <Card title={say("disks.title")}>
        <Empty icon="disk" title={say("disks.none")} />
      </Card>
    );
  return (
    <Card title={say("disks.title")}>
      <Rows>
        {disks.map((disk) => (
          <DiskRow key={`${disk.mount}|${disk.device}`} disk={disk} />
        ))}
      </Rows>
    </Card>
  );
}

function DiskRow({ disk }: { disk: Disk }) {
  const say = useWords(words);
  const { language } = useChoices();
  const hours = useHours();
  const places = useNow()?.value.destinations;
  const bytes = (value: number | null) => (value === null ? say("unknown") : size(language, value));
  /** The server's words for what it keeps there, in the viewer's. */
  const used = (what: string) => {
    if (what === "data folder") return say("use.own");
    if (what === "hot folder") return say("use.hot");
    const [, id] = /^destination (.+)$/.exec(what) ?? [];
    if (id === undefined) return what;
    return say("use.place", { name: placeName(id, places?.find((place) => place.id === id)?.path) });
  };
  const rate = (value: number | null) => (value === null ? "–" : speed(language, value));
  const room = say("disk.free", { free: bytes(disk.freeBytes), total: bytes(disk.totalBytes) });
  const rates = say("disk.rates", { read: rate(disk.readBytesPerSecond), written: rate(disk.writtenBytesPerSecond) });
  const full = disk.hoursUntilFull === null ? null : say("disk.full", { time: hours(disk.hoursUntilFull) });
  const use = disk.usedFor.length === 0 ? null : say("disk.use", { what: disk.usedFor.map(used).join(", ") });
  const isShort = (disk.usage ?? 0) >= 90 || full !== null;
  return (
    <Row
      icon="disk"
      title={disk.mount}
      detail={
        <>
          {[use, room, full].filter(Boolean).join(" · ")}
          <br />
          {rates}
        </>
      }
      end={disk.usage === null ? say("unknown") : (disk.usage / 100).toLocaleString(language, { style: "percent" })}
      bar={
        disk.usage === null ? undefined : (
          <Progress percent={disk.usage} label={disk.mount} tone={isShort ? "busy" : "action"} />
        )
      }
    />
  );
}

function Network({ metrics }: { metrics: MachineMetrics }) {
  const say = useWords(words);
  const { language } = useChoices();
  const ways = metrics.network.filter(({ isOutward }) => isOutward);
  const rate = (value: number | null) => (value === null ? "–" : speed(language, value));
  return (
    <Card title={say("network.title")}>
      {ways.length === 0 ? (
        <Empty icon="wifi" title={say("network.none")} />
      ) : (
        <Rows>
          {ways.map((way) => (
            <Row
              key={way.name}
              icon="wifi"
              title={way.name}
              detail={say("network.rates", {
                received: rate(way.receivedBytesPerSecond),
                sent: rate(way.sentBytesPerSecond),
              })}
              note={way.errors > 0 ? say("network.faults", { n: way.errors }) : undefined}
            />
          ))}
        </Rows>
      )}
    </Card>
  );
}

function Itself({ metrics }: { metrics: MachineMetrics }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { process, journal, clock } = metrics;
  const percent = (value: number | null | undefined) =>
    value === null || value === undefined
      ? "–"
      : (value / 100).toLocaleString(language, { style: "percent", maximumFractionDigits: 1 });
  const jumps = clock && clock.jumps > 0 ? say("kilat.clockJumps", { n: clock.jumps }) : null;
  const kept =
    clock?.isSynchronized === true
      ? say("kilat.clockKept")
      : clock?.isSynchronized === false
        ? say("kilat.clockLoose")
        : say("unknown");
  return (
    <Card title={say("kilat.title")}>
      <Rows>
        {process && (
          <Row
            icon="bolt"
            title={say("kilat.process")}
            detail={say("kilat.processOf", {
              memory: process.memoryBytes === null ? "–" : size(language, process.memoryBytes),
              cpu: percent(process.cpu),
              files: process.openFiles ?? "–",
            })}
            end={say("kilat.up", { time: span(language, process.uptimeSeconds * 1_000) })}
          />
        )}
        <Row
          icon="chip"
          title={say("kilat.journal")}
          detail={
            journal
              ? say("kilat.journalOf", { n: journal.commits, ms: Math.round(journal.maxMs) })
              : say("kilat.journalQuiet")
          }
        />
        <Row
          icon="clock"
          title={say("kilat.clock")}
          detail={[kept, jumps].filter(Boolean).join(" · ")}
          tone={clock?.isSynchronized === false ? "busy" : "plain"}
        />
      </Rows>
    </Card>
  );
}
