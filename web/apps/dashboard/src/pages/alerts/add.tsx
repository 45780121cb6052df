// Adds somebody who is told beyond this page. What was typed survives a refusal; secrets are sent once and never read.

import { KilatError, type Priority, type TargetKind } from "@kilat/client";
import { type FormEvent, useState } from "react";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useLeave } from "../../live/leave.js";
import { Choice, Confirm, Field, Options, refusal, Sheet } from "../../parts/index.js";
import { common } from "../../words/common.js";
import {
  type Draft,
  emptyDraft,
  type FieldSpec,
  fieldsOf,
  flaws,
  isTouched,
  KINDS,
  targetOf,
  valueIn,
  withValue,
} from "./target.js";
import { words } from "./words.js";

/** It is told something before it is added: a call takes 10 s at most. */
const TRY_MS = 20_000;

export interface AddProps {
  onClose: () => void;
  /** It stands now; of a webhook, with the key that was made for it. */
  onAdded: (name: string, signingKey: string | undefined) => void;
}

export function Add({ onClose, onAdded }: AddProps) {
  const say = useWords(words);
  const shared = useWords(common);
  const { language } = useChoices();
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(language));
  const [isShown, setIsShown] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  const [refused, setRefused] = useState<KilatError | null>(null);
  const leave = useLeave(isTouched(draft), onClose);
  const wrong = isShown ? flaws(draft) : {};
  const change = (next: Draft) => {
    setDraft(next);
    setRefused(null);
  };
  async function add(untested: boolean) {
    setIsShown(true);
    if (isAsking || Object.keys(flaws(draft)).length > 0) return;
    setIsAsking(true);
    setRefused(null);
    try {
      const body = { ...targetOf(draft), untested };
      const { signingKey } = await ask("POST /api/admin/notify", { body, timeoutMs: TRY_MS });
      leave.free();
      onAdded(draft.name, signingKey);
    } catch (error) {
      setRefused(error instanceof KilatError ? error : new KilatError("broken", `${error}`));
      setIsAsking(false);
    }
  }
  return (
    <Sheet title={say("add.title")} onClose={leave.close}>
      <form
        className="alerts-form"
        noValidate
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void add(false);
        }}
      >
        <Choice
          label={say("add.kind")}
          value={draft.kind}
          onChange={({ target }) => {
            setIsShown(false);
            change({ ...draft, kind: target.value as TargetKind });
          }}
          hint={say(`add.about.${draft.kind}`)}
        >
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {say(`add.kind.${kind}`)}
            </option>
          ))}
        </Choice>
        <Field
          label={say("add.name")}
          hint={say("add.nameHint")}
          value={draft.name}
          onChange={({ target }) => change({ ...draft, name: target.value.trim() })}
          error={wrong["name"] ? say(`flaw.${wrong["name"]}`) : null}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={40}
        />
        {fieldsOf(draft).map((spec) => (
          <One
            key={`${draft.kind}.${spec.name}`}
            spec={spec}
            draft={draft}
            flaw={wrong[spec.name]}
            onChange={(value) => change(withValue(draft, spec, value))}
          />
        ))}
        {draft.kind !== "heartbeat" && (
          <>
            <Options<Priority>
              label={say("add.atLeast")}
              value={draft.atLeast}
              options={(["critical", "high", "medium", "low"] as const).map((one) => [one, say(`atLeast.${one}`)])}
              onChange={(atLeast) => change({ ...draft, atLeast })}
            />
            <Options
              label={say("push.lang")}
              value={draft.lang}
              options={[
                ["en", "English"],
                ["id", "Bahasa Indonesia"],
              ]}
              onChange={(lang) => change({ ...draft, lang })}
            />
          </>
        )}
        <p className="alerts-answer" role="alert">
          {isAsking ? shared("did.asked") : refused ? refusal(told(refused), shared) : ""}
        </p>
        <div className="alerts-do">
          <button type="submit" className="button is-main" aria-disabled={isAsking || undefined}>
            {say("add.do")}
          </button>
          {refused?.code === "target_fails" && (
            <button type="button" className="button" onClick={() => void add(true)}>
              {say("add.anyway")}
            </button>
          )}
        </div>
      </form>
      {leave.isAsked && (
        <Confirm title={say("leave.title")} doIt={say("leave.do")} onConfirm={leave.leave} onClose={leave.stay}>
          <p>{say("leave.why")}</p>
        </Confirm>
      )}
    </Sheet>
  );
}

/** Of one that took no test message, the way out is a button here, not an option of the command line. */
function told(error: KilatError): KilatError {
  const remedy = error.remedy.replace(/;? ?[^;]*--no-test[^;]*/, "");
  return error.code === "target_fails" ? new KilatError(error.code, error.message, remedy, error.status) : error;
}

interface OneProps {
  spec: FieldSpec;
  draft: Draft;
  flaw: ReturnType<typeof flaws>[string] | undefined;
  onChange: (value: string) => void;
}

function One({ spec, draft, flaw, onChange }: OneProps) {
  const say = useWords(words);
  const own = say(`field.${spec.name}`);
  const isWebhookKey = spec.name === "signing_key";
  return (
    <Field
      label={spec.isOptional ? say("add.optional", { label: own }) : own}
      hint={spec.isSecret ? say(isWebhookKey ? "add.keyHint" : "add.secretHint") : undefined}
      error={flaw ? say(`flaw.${flaw}`) : null}
      value={valueIn(draft, spec)}
      onChange={({ target }) => onChange(target.value)}
      {...(spec.example ? { placeholder: spec.example } : {})}
      type={spec.isSecret ? "password" : "text"}
      inputMode={spec.name === "every" ? "numeric" : spec.name === "url" ? "url" : "text"}
      // A browser must offer nobody's own password for this, nor keep it.
      autoComplete={spec.isSecret ? "new-password" : "off"}
      autoCapitalize="off"
      spellCheck={false}
    />
  );
}
