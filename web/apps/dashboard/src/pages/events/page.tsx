// The shoots: which one new photos belong to, a new one, and the end of one.

import type { EventRow } from "@kilat/client";
import { useState } from "react";
import { ask, useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useNow } from "../../live/live.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Confirm, Empty, Field, Pill, Press, Row, Rows, Shown, Switch } from "../../parts/index.js";
import { common } from "../../words/common.js";
import { day } from "../../words/times.js";
import { badEvent, today } from "./form.js";
import { words } from "./words.js";
import "./events.css";

/** Earlier ones stand behind a press. */
const MOST = 12;

export function Page() {
  const say = useWords(words);
  const mayChange = useMay("events");
  const inUse = useNow()?.value.event?.id ?? null;
  // Another device may have chosen another event.
  const read = useRead("GET /api/admin/events", { again: inUse });
  return (
    <div className="events">
      <Card label={say("title")} className="events-list">
        <Shown read={read} what={say("what")}>
          {(events) => <Events events={events} reload={read.reload} mayChange={mayChange} />}
        </Shown>
      </Card>
      {mayChange && <NewEvent reload={read.reload} />}
    </div>
  );
}

const ORDER = { active: 0, open: 1, closed: 2 } as const;

/** The one in use, then what may be used, then what is over; each by day, newest first. */
export function sorted(events: readonly EventRow[]): EventRow[] {
  return [...events].sort((a, b) => ORDER[a.status] - ORDER[b.status] || b.date.localeCompare(a.date));
}

function Events({
  events,
  reload,
  mayChange,
}: {
  events: readonly EventRow[];
  reload: () => void;
  mayChange: boolean;
}) {
  const say = useWords(words);
  const shared = useWords(common);
  const [isAll, setIsAll] = useState(false);
  const [closing, setClosing] = useState<EventRow | null>(null);
  if (events.length === 0)
    return (
      <Empty icon="calendar" title={say("none")}>
        {say("noneWhy")}
      </Empty>
    );
  const all = sorted(events);
  const shown = isAll ? all : all.slice(0, MOST);
  return (
    <>
      <Rows>
        {shown.map((event) => (
          <Event key={event.id} event={event} reload={reload} onClose={mayChange ? () => setClosing(event) : null} />
        ))}
      </Rows>
      {shown.length < all.length && (
        <p className="events-more">
          <Press onPress={() => setIsAll(true)}>{shared("sort.more", { n: all.length - shown.length })}</Press>
        </p>
      )}
      {closing && <Closing event={closing} reload={reload} onClose={() => setClosing(null)} />}
    </>
  );
}

function Event({ event, reload, onClose }: { event: EventRow; reload: () => void; onClose: (() => void) | null }) {
  const say = useWords(words);
  const { language } = useChoices();
  const counts = useNow()?.value;
  const isActive = event.status === "active";
  const held = isActive && counts?.event?.id === event.id ? say("photos", { n: counts.counts.held }) : null;
  async function use() {
    await ask("POST /api/admin/events/{id}/use", { path: { id: event.id } });
    reload();
    return say("use.done");
  }
  const actions = (
    <span className="events-actions">
      {isActive && (
        <a className="button" href={to("backups")}>
          {say("backups")}
        </a>
      )}
      {onClose && event.status === "open" && (
        <Button label={`${say("use.do")}: ${event.name}`} onPress={use}>
          {say("use.do")}
        </Button>
      )}
      {onClose && event.status !== "closed" && (
        <Press label={`${say("close.do")}: ${event.name}`} onPress={onClose}>
          {say("close.do")}
        </Press>
      )}
    </span>
  );
  return (
    <Row
      icon="calendar"
      title={event.name}
      detail={
        <>
          {day(language, event.date)} {event.date.slice(0, 4)}
          {held && ` · ${held}`}
        </>
      }
      end={<Pill tone={isActive ? "action" : "plain"}>{say(`state.${event.status}`)}</Pill>}
      action={event.status === "closed" || !(onClose || isActive) ? undefined : actions}
    />
  );
}

function Closing({ event, reload, onClose }: { event: EventRow; reload: () => void; onClose: () => void }) {
  const say = useWords(words);
  const now = useNow()?.value;
  const isActive = now?.event?.id === event.id;
  return (
    <Confirm
      title={say("close.title", { name: event.name })}
      doIt={say("close.confirm")}
      // It can never be used again.
      word={event.name}
      onConfirm={async () => {
        await ask("POST /api/admin/events/{id}/close", { path: { id: event.id } });
        reload();
      }}
      onClose={onClose}
    >
      <p>{say("close.what")}</p>
      {isActive && now && <p>{say("close.active")}</p>}
      {isActive && now && <p>{say("close.safe", { safe: now.counts.safe, all: now.counts.held })}</p>}
    </Confirm>
  );
}

function NewEvent({ reload }: { reload: () => void }) {
  const say = useWords(words);
  const [name, setName] = useState("");
  const [date, setDate] = useState(() => today(new Date()));
  const [isUsed, setIsUsed] = useState(true);
  const [isTried, setIsTried] = useState(false);
  const bad = badEvent(name, date);
  const error = isTried && bad ? say(`bad.${bad}`) : null;
  async function make() {
    setIsTried(true);
    if (bad) return say(`bad.${bad}`);
    await ask("POST /api/admin/events", { body: { name: name.trim(), date: date === "" ? null : date, use: isUsed } });
    // Only now: what was typed stays when it was refused.
    setName("");
    setIsTried(false);
    reload();
    return say(isUsed ? "new.madeInUse" : "new.made");
  }
  return (
    <Card title={say("new.title")} className="events-new">
      <form className="events-form" onSubmit={(event) => event.preventDefault()}>
        <Field
          label={say("new.name")}
          hint={say("new.hint")}
          error={bad === "name" ? error : null}
          value={name}
          maxLength={240}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={say("new.date")}
          type="date"
          error={bad === "date" ? error : null}
          value={date}
          onChange={(event) => setDate(event.target.value)}
        />
        <Switch label={say("new.use")} detail={say("new.useWhy")} isOn={isUsed} onChange={setIsUsed} />
        <Button look="main" onPress={make}>
          {say("new.do")}
        </Button>
      </form>
    </Card>
  );
}
