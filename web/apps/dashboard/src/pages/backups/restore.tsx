// Brings photos back: which, from where, into which folder; what that needs; then it goes. Below, the command for it.

import type { BackupRun, EventRow, Now, RestorePlan, StartRestore } from "@kilat/client";
import { useEffect, useId, useRef, useState } from "react";
import { ask, type Read, useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { placeName } from "../../live/names.js";
import { go, to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Choice, Field, Icon, Options, Press, Row, Sheet, Shown } from "../../parts/index.js";
import { size } from "../../words/times.js";
import type { Names } from "./lists.js";
import { namesIn } from "./restores.js";
import { hasEnded, restoreCommand } from "./runs.js";
import { words } from "./words.js";

/** The way to it from a run: from its destination, its event. */
export function RestoreLink({ run, names }: { run: BackupRun; names: Names }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  if (!mayAct || run.successfulUploads === 0 || !hasEnded(run)) return null;
  const about = `${say("act.restoreShort")}: ${names.event(run.eventId)}, ${names.place(run.destination)}`;
  return (
    <a className="button" href={to("backups", `restore/${run.backupId}`)} aria-label={about}>
      <Icon name="again" />
      {say("act.restoreShort")}
    </a>
  );
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
  /** The run that somebody came from. */
  run: BackupRun | undefined;
  onClose: () => void;
}

export function Restore({ now, events, run, onClose }: RestoreProps) {
  const say = useWords(words);
  return (
    <Sheet title={say("restore.title")} onClose={onClose} className="backups-sheet">
      <Shown read={events} what={say("start.loading")}>
        {(all) => <Inside now={now} events={all} run={run} />}
      </Shown>
    </Sheet>
  );
}

/** What is asked for, as it is filled in. */
interface Wish {
  event: string;
  from: string;
  which: "all" | "some";
  names: string;
  where: "new" | "own";
  folder: string;
}

function Inside({ now, events, run }: { now: Now; events: readonly EventRow[]; run: BackupRun | undefined }) {
  const mayAct = useMay("act");
  const first = now.destinations.find(({ kind }) => kind === "backup") ?? now.destinations[0];
  const [wish, setWish] = useState<Wish>({
    event: run?.eventId ?? now.event?.id ?? events[0]?.id ?? "",
    from: run?.destination ?? first?.id ?? "",
    which: "all",
    names: "",
    where: "new",
    folder: "",
  });
  const [isAsked, setIsAsked] = useState(false);
  const change = (more: Partial<Wish>) => setWish((old) => ({ ...old, ...more }));
  if (isAsked) return <Check wish={wish} events={events} now={now} onBack={() => setIsAsked(false)} />;
  return (
    <div className="backups-form">
      <Form now={now} events={events} wish={wish} change={change} />
      {mayAct && <Next wish={wish} onNext={() => setIsAsked(true)} />}
      <ByHand wish={wish} event={events.find(({ id }) => id === wish.event)?.name ?? wish.event} />
    </div>
  );
}

interface FormProps {
  now: Now;
  events: readonly EventRow[];
  wish: Wish;
  change: (more: Partial<Wish>) => void;
}

function Form({ now, events, wish, change }: FormProps) {
  const say = useWords(words);
  const mayChoose = useMay("destinations");
  const id = useId();
  return (
    <>
      <p>{say("restore.why")}</p>
      <Choice
        label={say("restore.event")}
        value={wish.event}
        onChange={({ target }) => change({ event: target.value })}
      >
        {events.map(({ id, name, status }) => (
          <option key={id} value={id}>
            {status === "active" ? say("start.inUse", { name }) : name}
          </option>
        ))}
      </Choice>
      <Choice label={say("restore.from")} value={wish.from} onChange={({ target }) => change({ from: target.value })}>
        {now.destinations.map(({ id, path, up }) => (
          <option key={id} value={id}>
            {up ? placeName(id, path) : `${placeName(id, path)} (${say("restore.away")})`}
          </option>
        ))}
      </Choice>
      <Options<Wish["which"]>
        label={say("restore.which")}
        value={wish.which}
        options={[
          ["all", say("restore.all")],
          ["some", say("restore.some")],
        ]}
        onChange={(which) => change({ which })}
      />
      {wish.which === "some" && (
        <div className="field backups-names">
          <label htmlFor={id}>{say("restore.names")}</label>
          <textarea
            id={id}
            rows={3}
            value={wish.names}
            onChange={({ target }) => change({ names: target.value })}
            aria-describedby={`${id}h`}
            autoCapitalize="off"
            autoComplete="off"
            spellCheck={false}
          />
          <span id={`${id}h`} className="second">
            {say("restore.namesWhy")}
          </span>
        </div>
      )}
      {mayChoose && (
        <Options<Wish["where"]>
          label={say("restore.where")}
          value={wish.where}
          options={[
            ["new", say("restore.new")],
            ["own", say("restore.own")],
          ]}
          onChange={(where) => change({ where })}
        />
      )}
      {wish.where === "own" ? (
        <Field
          label={say("restore.to")}
          hint={say("restore.toWhy")}
          value={wish.folder}
          onChange={({ target }) => change({ folder: target.value })}
          placeholder="/srv/back"
          autoCapitalize="off"
          autoComplete="off"
          spellCheck={false}
        />
      ) : (
        <p className="second">{say("restore.newWhy")}</p>
      )}
    </>
  );
}

function Next({ wish, onNext }: { wish: Wish; onNext: () => void }) {
  const say = useWords(words);
  const isMissing =
    (wish.which === "some" && namesIn(wish.names).length === 0) ||
    (wish.where === "own" && !wish.folder.trim().startsWith("/"));
  return (
    <div className="backups-go">
      {isMissing ? (
        <p className="second">
          {say(wish.which === "some" && namesIn(wish.names).length === 0 ? "restore.needsName" : "restore.needsFolder")}
        </p>
      ) : (
        <Press look="main" onPress={onNext}>
          {say("restore.next")}
        </Press>
      )}
    </div>
  );
}

function bodyOf({ from, which, names, where, folder }: Wish): StartRestore {
  return {
    from,
    ...(which === "some" && { photos: namesIn(names) }),
    ...(where === "own" && { folder: folder.trim() }),
  };
}

/** What it needs and what there is, before anything is written. */
function Check({
  wish,
  events,
  now,
  onBack,
}: {
  wish: Wish;
  events: readonly EventRow[];
  now: Now;
  onBack: () => void;
}) {
  const say = useWords(words);
  const call = { path: { id: wish.event }, body: bodyOf(wish) };
  const read = useRead("POST /api/admin/events/{id}/restore/plan", call);
  const heading = useRef<HTMLHeadingElement>(null);
  // The button that led here is gone, and the focus with it.
  useEffect(() => heading.current?.focus(), []);
  return (
    <div className="backups-form">
      <h3 ref={heading} tabIndex={-1} className="backups-check">
        {say("check.title")}
      </h3>
      <Shown read={read} what={say("check.loading")}>
        {({ data }) => <Needs plan={data} wish={wish} events={events} now={now} />}
      </Shown>
      <Press icon="left" onPress={onBack}>
        {say("check.back")}
      </Press>
    </div>
  );
}

function Needs({ plan, wish, events, now }: { plan: RestorePlan; wish: Wish; events: readonly EventRow[]; now: Now }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { photos, bytes, neededBytes, freeBytes, missingPhotos, folder, from } = plan;
  const isFull = neededBytes > freeBytes;
  const place = placeName(from, now.destinations.find(({ id }) => id === from)?.path);
  const event = events.find(({ id }) => id === plan.eventId)?.name ?? plan.eventId;
  const facts: [string, string][] = [
    [say("check.photos"), say("check.count", { n: photos, size: size(language, bytes) })],
    [say("detail.event"), event],
    [say("restore.from"), place],
    [say("check.to"), folder],
    [say("check.needs"), size(language, neededBytes)],
    [say("check.free"), size(language, freeBytes)],
  ];
  async function begin() {
    const call = { path: { id: wish.event }, body: bodyOf(wish) };
    const { data } = await ask("POST /api/admin/events/{id}/restore", call);
    go("backups", `restored/${data.restoreId}`, "replace");
  }
  return (
    <>
      {isFull && (
        <p className="backups-state" role="alert">
          <Icon name="octagon" className="is-trouble" />
          <b>{say("check.full", { size: size(language, neededBytes - freeBytes) })}</b>
        </p>
      )}
      {missingPhotos > 0 && wish.which === "all" && (
        <p className="backups-state">
          <Icon name="octagon" className="is-trouble" />
          <b>{say("check.missing", { n: missingPhotos, place })}</b>
        </p>
      )}
      <dl className="backups-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="second">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="second">{say("check.why")}</p>
      <div className="backups-go">
        <Button look="main" onPress={begin} isDisabled={isFull}>
          {say("check.go", { n: photos })}
        </Button>
      </div>
    </>
  );
}

/** The other way in, which needs no server: the command. */
function ByHand({ wish, event }: { wish: Wish; event: string }) {
  const say = useWords(words);
  const [word, setWord] = useState("");
  const text = useRef<HTMLTextAreaElement>(null);
  const [one, ...others] = wish.which === "some" ? namesIn(wish.names) : [];
  const folder = wish.where === "own" ? wish.folder.trim() : "";
  const command = restoreCommand(event, wish.from, folder || "~/restored", others.length === 0 ? one : undefined);
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
    <div className="backups-hand">
      <label className="backups-command">
        <b>{say("restore.command")}</b>
        <span className="second">{say("restore.commandWhy")}</span>
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
        <Press onPress={() => void copy()}>{say("restore.copy")}</Press>
        <output className="second">{word}</output>
      </div>
    </div>
  );
}
