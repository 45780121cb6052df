// What is not needed every day: copies read back, the venue's line, photos brought back.

import type { EventRow, Now, ScrubView } from "@kilat/client";
import { useRef, useState } from "react";
import { ask, type Read, useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useKept, useReturn } from "../../live/kept.js";
import { placeName } from "../../live/names.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Choice, Clock, Field, Press, Row, Rows, Sheet, Shown } from "../../parts/index.js";
import { speed } from "../../words/times.js";
import { restoreCommand } from "./runs.js";
import { words } from "./words.js";

/** While copies are read back, how often that is asked. */
const SCRUB_MS = 5_000;

export function Scrubs({ now }: { now: Now }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const [isRunning, setIsRunning] = useState(false);
  const again = useReturn();
  const read = useKept("scrub", useRead("GET /api/admin/scrub", isRunning ? { everyMs: SCRUB_MS, again } : { again }));
  const running = read.value?.data.some(({ running }) => running) ?? false;
  if (running !== isRunning) setIsRunning(running);
  if (now.destinations.length === 0) return null;
  async function scrub(destination: string) {
    await ask("POST /api/admin/scrub", { body: { destination } });
    read.reload();
  }
  return (
    <Card title={say("scrub.title")} className="backups-scrub">
      <Shown read={read} what={say("scrub.loading")} rows={now.destinations.length}>
        {({ data }) => (
          <Rows>
            {now.destinations.map(({ id, path }) => {
              const view = data.find(({ destination }) => destination === id);
              const isBad = view !== undefined && view.damaged + view.missing > view.mended;
              return (
                <Row
                  key={id}
                  icon={isBad ? "octagon" : view?.running ? "clock" : view?.endedAt ? "check" : "disk"}
                  tone={isBad ? "trouble" : view?.running ? "action" : view?.endedAt ? "safe" : "plain"}
                  title={placeName(id, path)}
                  detail={view ? <Scrubbed view={view} /> : say("scrub.never")}
                  action={
                    mayAct && !view?.running ? (
                      <Button label={`${say("scrub.do")}: ${placeName(id, path)}`} onPress={() => scrub(id)}>
                        {say("scrub.do")}
                      </Button>
                    ) : undefined
                  }
                />
              );
            })}
          </Rows>
        )}
      </Shown>
      <p className="second backups-note">{say("scrub.why")}</p>
    </Card>
  );
}

function Scrubbed({ view }: { view: ScrubView }) {
  const say = useWords(words);
  const { sound, damaged, missing, mended, running, endedAt } = view;
  const parts = [
    running ? say("scrub.running") : "",
    say("scrub.sound", { n: sound }),
    damaged > 0 ? say("scrub.damaged", { n: damaged }) : "",
    missing > 0 ? say("scrub.missing", { n: missing }) : "",
    mended > 0 ? say("scrub.mended", { n: mended }) : "",
  ].filter(Boolean);
  return (
    <>
      {parts.join(" · ")}
      {endedAt && !running && (
        <>
          {" · "}
          <Clock at={endedAt} />
        </>
      )}
    </>
  );
}

const HOURS = [1, 2, 4] as const;

export function Line({ now }: { now: Now }) {
  const say = useWords(words);
  const { language } = useChoices();
  const mayAct = useMay("act");
  const until = now.ceremonyUntil;
  const read = useKept("ceremony", useRead("GET /api/admin/ceremony", { again: `${until}|${useReturn()}` }));
  async function leave(hours: number) {
    await ask("POST /api/admin/ceremony", { body: { minutes: hours * 60 } });
  }
  return (
    <Card title={say("line.title")}>
      <Shown read={read} what={say("line.loading")} rows={1}>
        {({ limitBytesPerSecond, ceremonyBytesPerSecond }) => (
          <div className="backups-run">
            <div>
              <b>
                {until ? (
                  <Until at={until} />
                ) : limitBytesPerSecond === null ? (
                  say("line.free")
                ) : (
                  say("line.limit", { speed: speed(language, limitBytesPerSecond) })
                )}
              </b>
              <p className="second">
                {until ? say("line.heldWhy", { speed: speed(language, ceremonyBytesPerSecond) }) : say("line.why")}
              </p>
            </div>
            {mayAct && (
              <div className="backups-run-do">
                {until ? (
                  <Button onPress={() => leave(0)}>{say("line.end")}</Button>
                ) : (
                  HOURS.map((hours) => (
                    <Button key={hours} onPress={() => leave(hours)}>
                      {say("line.hours", { n: hours })}
                    </Button>
                  ))
                )}
              </div>
            )}
          </div>
        )}
      </Shown>
    </Card>
  );
}

function Until({ at }: { at: string }) {
  const say = useWords(words);
  const { language } = useChoices();
  const time = new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return <>{say("line.held", { time })}</>;
}

export function RestoreRow() {
  const say = useWords(words);
  return (
    <Card label={say("restore.title")}>
      <Row icon="again" title={say("restore.row")} detail={say("restore.rowWhy")} href={to("backups", "restore")} />
    </Card>
  );
}

export interface RestoreProps {
  now: Now;
  events: Read<EventRow[]>;
  onClose: () => void;
}

export function Restore({ now, events, onClose }: RestoreProps) {
  const say = useWords(words);
  return (
    <Sheet title={say("restore.title")} onClose={onClose} className="backups-sheet">
      <Shown read={events} what={say("start.loading")}>
        {(all) => <RestoreForm now={now} events={all} />}
      </Shown>
    </Sheet>
  );
}

function RestoreForm({ now, events }: { now: Now; events: readonly EventRow[] }) {
  const say = useWords(words);
  const first = now.destinations.find(({ kind }) => kind === "backup") ?? now.destinations[0];
  const [event, setEvent] = useState(now.event?.name ?? events[0]?.name ?? "");
  const [from, setFrom] = useState(first?.id ?? "");
  const [into, setInto] = useState("~/restored");
  const [word, setWord] = useState("");
  const text = useRef<HTMLTextAreaElement>(null);
  const command = restoreCommand(event, from, into.trim() || "~/restored");
  async function copy() {
    // On plain HTTP there is no clipboard, only the old way: what is selected.
    text.current?.focus();
    text.current?.select();
    try {
      if (navigator.clipboard) await navigator.clipboard.writeText(command);
      else if (!document.execCommand("copy")) throw new Error("not allowed");
      setWord(say("restore.copied"));
    } catch {
      setWord(say("restore.select"));
    }
  }
  return (
    <div className="backups-form">
      <p>{say("restore.why")}</p>
      <Choice label={say("restore.event")} value={event} onChange={({ target }) => setEvent(target.value)}>
        {events.map(({ id, name }) => (
          <option key={id} value={name}>
            {name}
          </option>
        ))}
      </Choice>
      <Choice label={say("restore.from")} value={from} onChange={({ target }) => setFrom(target.value)}>
        {now.destinations.map(({ id, path }) => (
          <option key={id} value={id}>
            {placeName(id, path)}
          </option>
        ))}
      </Choice>
      <Field
        label={say("restore.to")}
        value={into}
        onChange={({ target }) => setInto(target.value)}
        autoCapitalize="off"
        autoComplete="off"
        spellCheck={false}
      />
      <label className="backups-command">
        <b>{say("restore.command")}</b>
        <textarea
          ref={text}
          readOnly
          rows={3}
          value={command}
          onFocus={({ target }) => target.select()}
          spellCheck={false}
        />
      </label>
      <div className="backups-go">
        <Press look="main" onPress={() => void copy()}>
          {say("restore.copy")}
        </Press>
        <output className="second">{word}</output>
      </div>
    </div>
  );
}
