// How pages ask, and when the machine is worth a notice.

import type { SystemSettingsAnswer } from "@kilat/client";
import { useState } from "react";
import { ask } from "../../live/ask.js";
import { useWords } from "../../live/choices.js";
import { studioSays } from "../../live/follow.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Field, Icon, Press, Switch } from "../../parts/index.js";
import {
  changed,
  keepDraft,
  keptDraft,
  type Name,
  NUMBERS,
  patch,
  rebased,
  type Values,
  valuesOf,
  wrong,
} from "./draft.js";
import { words } from "./words.js";

export function Form({ settings, reload }: { settings: SystemSettingsAnswer; reload: () => void }) {
  const say = useWords(words);
  const mayChange = useMay("act");
  const server = valuesOf(settings);
  const [typed, setTyped] = useState(keptDraft);
  const { draft, base, clash } = typed ? rebased(typed, server) : { draft: server, base: server, clash: [] };
  const names = changed(draft, base);
  const bad = wrong(draft);
  /** Somebody changed the same meanwhile: what it is there. */
  const there = (name: Name) => {
    const value = server[name];
    if (!clash.includes(name)) return null;
    return say("clash", { value: typeof value === "string" ? value : say(value ? "on" : "off") });
  };
  function put(next: Values | null) {
    const kept = next && changed(next, base).length > 0 ? { draft: next, base } : null;
    keepDraft(kept);
    setTyped(kept);
  }
  const set = <N extends keyof Values>(name: N, value: Values[N]) => put({ ...draft, [name]: value });
  async function save() {
    studioSays(await ask("POST /api/admin/system/settings", { body: patch(draft, base) }));
    // What was typed stays until the server has it.
    put(null);
    reload();
    return say("saved");
  }
  const number = (name: keyof typeof NUMBERS, label: string, hint?: string) => {
    const [least, most] = NUMBERS[name];
    return (
      <Field
        label={label}
        hint={hint}
        inputMode="decimal"
        value={draft[name]}
        disabled={!mayChange}
        error={bad.includes(name) ? say("bad.number", { least, most }) : there(name)}
        onChange={(event) => set(name, event.target.value)}
      />
    );
  };
  return (
    <>
      <Card title={say("pages.title")}>
        <div className="settings-form">
          <Switch
            label={say("pages.realtime")}
            detail={there("useRealtime") ?? say("pages.realtimeWhy")}
            isOn={draft.useRealtime}
            onChange={(isOn) => mayChange && set("useRealtime", isOn)}
          />
          <Switch
            label={say("pages.notices")}
            detail={there("enableNotifications") ?? say("pages.noticesWhy")}
            isOn={draft.enableNotifications}
            onChange={(isOn) => mayChange && set("enableNotifications", isOn)}
          />
          {number("everySeconds", say("pages.every"), say("pages.everyHint"))}
        </div>
      </Card>
      <Card title={say("limits.title")}>
        <div className="settings-form">
          {number("cpu", say("limits.cpu"), say("limits.hint"))}
          {number("memory", say("limits.memory"))}
          {number("storage", say("limits.storage"))}
        </div>
      </Card>
      {!mayChange && <p className="second settings-note">{say("see.only")}</p>}
      {names.length > 0 && (
        <div className="settings-save">
          <p>
            <Icon name="triangle" /> {say("unsaved")}
          </p>
          {clash.length > 0 && <p className="second">{say("others")}</p>}
          <div className="settings-buttons">
            <Button look="main" onPress={save} isDisabled={bad.length > 0}>
              {say("save")}
            </Button>
            <Press onPress={() => put(null)}>{say("undo")}</Press>
          </div>
        </div>
      )}
    </>
  );
}
