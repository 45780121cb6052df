// Adds a storage. What was typed survives a refusal and a look at another kind; secrets are sent once and never read.

import { KilatError } from "@kilat/client";
import { type FormEvent, useState } from "react";
import { ask } from "../../live/ask.js";
import { useWords } from "../../live/choices.js";
import { useLeave } from "../../live/leave.js";
import { Card, Choice, Confirm, Field, Options, refusal, Sheet, Switch } from "../../parts/index.js";
import { common } from "../../words/common.js";
import {
  type Draft,
  destinationOf,
  EMPTY,
  FIELDS,
  type FieldSpec,
  flaws,
  isTouched,
  PLACE_KINDS,
  type PlaceKind,
  valueIn,
  withValue,
} from "./address.js";
import { words } from "./words.js";

/** A place far away is tried before it is added: found, signed in to, written and read. */
const TRY_MS = 90_000;

export interface AddProps {
  onClose: () => void;
  /** It stands now. */
  onAdded: (name: string) => void;
}

export function Add({ onClose, onAdded }: AddProps) {
  const say = useWords(words);
  const shared = useWords(common);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [isShown, setIsShown] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  const [refused, setRefused] = useState<KilatError | null>(null);
  const leave = useLeave(isTouched(draft), onClose);
  const wrong = isShown ? flaws(draft) : {};
  const specs = FIELDS[draft.kind];
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
      await ask("POST /api/admin/destinations", { body: { ...destinationOf(draft), untested }, timeoutMs: TRY_MS });
      leave.free();
      onAdded(draft.name);
    } catch (error) {
      setRefused(error instanceof KilatError ? error : new KilatError("broken", `${error}`));
      setIsAsking(false);
    }
  }
  const one = (spec: FieldSpec) => (
    <One
      key={`${draft.kind}.${spec.name}`}
      spec={spec}
      draft={draft}
      flaw={wrong[spec.name]}
      onChange={(value) => change(withValue(draft, spec, value))}
    />
  );
  return (
    <Sheet title={say("form.title")} onClose={leave.close} className="storage-sheet">
      <form
        className="storage-form"
        noValidate
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void add(false);
        }}
      >
        <Choice
          label={say("form.kind")}
          value={draft.kind}
          onChange={({ target }) => {
            setIsShown(false);
            change({ ...draft, kind: target.value as PlaceKind });
          }}
          hint={say(`form.about.${draft.kind}`)}
        >
          {PLACE_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {say(`form.kind.${kind}`)}
            </option>
          ))}
        </Choice>
        <Field
          label={say("form.name")}
          hint={say("form.nameHint")}
          value={draft.name}
          onChange={({ target }) => change({ ...draft, name: target.value.trim() })}
          error={wrong["name"] ? say(`flaw.${wrong["name"]}`) : null}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={64}
        />
        {specs.filter(({ isSecret }) => !isSecret).map(one)}
        {specs.some(({ isSecret }) => isSecret) && (
          <Card title={say("form.secrets")} className="storage-secrets">
            <div className="storage-form is-inside">
              <p className="second">{say("form.secretsWhy")}</p>
              {specs.filter(({ isSecret }) => isSecret).map(one)}
            </div>
          </Card>
        )}
        <Options
          label={say("form.use")}
          value={draft.use}
          options={[
            ["backup", say("form.use.backup")],
            ["upload", say("form.use.upload")],
          ]}
          onChange={(use) => change({ ...draft, use })}
        />
        <Switch
          label={say("form.offSite")}
          detail={say("form.offSiteWhy")}
          isOn={draft.isOffSite}
          onChange={(isOffSite) => change({ ...draft, isOffSite })}
        />
        <p className="storage-answer" role="alert">
          {isAsking
            ? shared("did.asked")
            : refused
              ? refusal(told(refused), shared)
              : Object.keys(wrong).length > 0
                ? say("form.look")
                : ""}
        </p>
        <div className="storage-do">
          <button type="submit" className="button is-main" aria-disabled={isAsking || undefined}>
            {say("form.add")}
          </button>
          {refused?.code === "destination_fails" && (
            <button type="button" className="button" onClick={() => void add(true)}>
              {say("form.anyway")}
            </button>
          )}
        </div>
        {refused?.code === "destination_fails" && <p className="second">{say("form.anywayWhy")}</p>}
      </form>
      {leave.isAsked && (
        <Confirm title={say("leave.title")} doIt={say("leave.do")} onConfirm={leave.leave} onClose={leave.stay}>
          <p>{say("leave.why")}</p>
        </Confirm>
      )}
    </Sheet>
  );
}

/** Of one that failed its test, the way out is a button here, not an option of the command line. */
function told(error: KilatError): KilatError {
  return error.code === "destination_fails" ? new KilatError(error.code, error.message, "", error.status) : error;
}

interface OneProps {
  spec: FieldSpec;
  draft: Draft;
  flaw: ReturnType<typeof flaws>[string] | undefined;
  onChange: (value: string) => void;
}

function One({ spec, draft, flaw, onChange }: OneProps) {
  const say = useWords(words);
  const own = say(`field.${spec.name}` as "field.path");
  const label = spec.isOptional ? say("form.optional", { label: own }) : own;
  const error = flaw ? say(`flaw.${flaw}`) : null;
  if (spec.isLong)
    return (
      <div className="field">
        <label htmlFor={`storage-${spec.name}`}>{label}</label>
        <textarea
          id={`storage-${spec.name}`}
          className="storage-key"
          rows={4}
          value={valueIn(draft, spec)}
          onChange={({ target }) => onChange(target.value)}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
      </div>
    );
  const isWord = spec.isSecret && spec.name !== "user" && spec.name !== "access_key_id" && spec.name !== "client_id";
  return (
    <Field
      label={label}
      error={error}
      value={valueIn(draft, spec)}
      onChange={({ target }) => onChange(target.value)}
      {...(spec.example ? { placeholder: spec.example } : {})}
      type={isWord ? "password" : "text"}
      inputMode={spec.name === "port" ? "numeric" : spec.name === "url" || spec.name === "endpoint" ? "url" : "text"}
      // A browser must offer nobody's own password for this, nor keep it.
      autoComplete={isWord ? "new-password" : "off"}
      autoCapitalize="off"
      spellCheck={false}
    />
  );
}
