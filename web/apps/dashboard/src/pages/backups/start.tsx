// Begins a backup: which event, where to, to copy or only to read back.

import type { EventRow, Now, RunKind } from "@kilat/client";
import { useState } from "react";
import { ask, type Read } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { placeName } from "../../live/names.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Button, Choice, Empty, Options, Sheet, Shown, Switch } from "../../parts/index.js";
import { size } from "../../words/times.js";
import { words } from "./words.js";

export interface StartProps {
  now: Now;
  events: Read<EventRow[]>;
  onClose: () => void;
}

export function Start({ now, events, onClose }: StartProps) {
  const say = useWords(words);
  return (
    <Sheet title={say("start.title")} onClose={onClose} className="backups-sheet">
      <Shown read={events} what={say("start.loading")}>
        {(all) => <Form now={now} events={all} onClose={onClose} />}
      </Shown>
    </Sheet>
  );
}

function Form({ now, events, onClose }: { now: Now; events: readonly EventRow[]; onClose: () => void }) {
  const say = useWords(words);
  const { language } = useChoices();
  const mayAdd = useMay("destinations");
  const [event, setEvent] = useState(now.event?.id ?? events[0]?.id ?? "");
  const [kind, setKind] = useState<RunKind>("copy");
  // What was not touched is on: a backup goes everywhere unless somebody says otherwise.
  const [isOff, setIsOff] = useState<ReadonlySet<string>>(new Set());
  const places = now.destinations.filter((place) => place.kind === "backup" || kind === "verify");
  const chosen = places.filter(({ id }) => !isOff.has(id)).map(({ id }) => id);
  if (!now.destinations.some((place) => place.kind === "backup"))
    return (
      <Empty icon="disk" title={say("start.none")}>
        <p>{say("start.noneWhy")}</p>
        {mayAdd && (
          <a className="button is-main" href={to("storage", "add")}>
            {say("start.add")}
          </a>
        )}
      </Empty>
    );
  async function start() {
    const body = { destinations: chosen, kind };
    const { runs } = await ask("POST /api/admin/events/{id}/backup", { path: { id: event }, body });
    onClose();
    return say("start.asked", { n: runs.length });
  }
  return (
    <div className="backups-form">
      <Choice label={say("start.event")} value={event} onChange={({ target }) => setEvent(target.value)}>
        {events.map(({ id, name, status }) => (
          <option key={id} value={id}>
            {status === "active" ? say("start.inUse", { name }) : name}
          </option>
        ))}
      </Choice>
      <Options<RunKind>
        label={say("start.what")}
        value={kind}
        options={[
          ["copy", say("start.copy")],
          ["verify", say("start.verify")],
        ]}
        onChange={setKind}
      />
      <p className="second">{say(kind === "copy" ? "start.copyWhy" : "start.verifyWhy")}</p>
      <fieldset className="backups-targets">
        <legend>{say(kind === "copy" ? "start.to" : "start.at")}</legend>
        {places.map(({ id, path, freeBytes, up }) => (
          <Switch
            key={id}
            label={placeName(id, path)}
            detail={[
              path,
              up
                ? freeBytes === null
                  ? ""
                  : say("start.free", { size: size(language, freeBytes) })
                : say("start.down"),
            ]
              .filter(Boolean)
              .join(" · ")}
            isOn={!isOff.has(id)}
            onChange={(isOn) => setIsOff(new Set(isOn ? [...isOff].filter((other) => other !== id) : [...isOff, id]))}
          />
        ))}
      </fieldset>
      <div className="backups-go">
        {chosen.length === 0 && <p className="second">{say("start.pick")}</p>}
        <Button look="main" onPress={start} isDisabled={chosen.length === 0 || event === ""}>
          {say("start.go")}
        </Button>
      </div>
    </div>
  );
}
