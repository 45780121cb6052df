// What people fill in. Every field has its name above it and what is wrong with it below.

import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId, useState } from "react";
import { useWords } from "../live/choices.js";
import { common } from "../words/common.js";
import { Button } from "./button.js";
import { Sheet } from "./sheet.js";

type Own = { label: string; hint?: ReactNode; error?: string | null };

export function Field({ label, hint, error, ...input }: Own & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const about = [hint !== undefined && `${id}h`, error && `${id}e`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} {...input} aria-invalid={error ? true : undefined} aria-describedby={about || undefined} />
      {hint !== undefined && (
        <span id={`${id}h`} className="second">
          {hint}
        </span>
      )}
      {error && (
        <span id={`${id}e`} className="field-error" role="alert">
          {error}
        </span>
      )}
    </div>
  );
}

export function Choice({
  label,
  hint,
  children,
  ...select
}: Omit<Own, "error"> & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} {...select}>
        {children}
      </select>
      {hint !== undefined && <span className="second">{hint}</span>}
    </div>
  );
}

/** On or off, at once. */
export function Switch({
  label,
  detail,
  isOn,
  onChange,
}: {
  label: string;
  detail?: ReactNode;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}) {
  return (
    <label className="switch">
      <span className="row-words">
        <b>{label}</b>
        {detail !== undefined && <span className="second">{detail}</span>}
      </span>
      <input
        type="checkbox"
        role="switch"
        checked={isOn}
        aria-checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
      />
      <i aria-hidden="true" />
    </label>
  );
}

/** One of a few. */
export function Options<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className="options">
      <legend>{label}</legend>
      {options.map(([option, words]) => (
        <label key={option} className={option === value ? "is-on" : undefined}>
          <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
          {words}
        </label>
      ))}
    </fieldset>
  );
}

export interface ConfirmProps {
  title: string;
  /** What it does, to what, and what stays. */
  children: ReactNode;
  /** The button's words: what it does, not "OK". */
  doIt: string;
  /** To be typed first, where it can never be undone. */
  word?: string;
  onConfirm: () => unknown;
  onClose: () => void;
}

/** Before something that takes away: says what it does. Stays open until the server has said its word. */
export function Confirm({ title, children, doIt, word, onConfirm, onClose }: ConfirmProps) {
  const say = useWords(common);
  const [typed, setTyped] = useState("");
  async function confirm() {
    const said = await onConfirm();
    onClose();
    return said;
  }
  return (
    <Sheet
      title={title}
      onClose={onClose}
      foot={
        <>
          <button type="button" className="button" onClick={onClose}>
            {say("do.cancel")}
          </button>
          <Button look="danger" onPress={confirm} isDisabled={word !== undefined && typed.trim() !== word}>
            {doIt}
          </Button>
        </>
      }
    >
      <div className="confirm">
        {children}
        {word !== undefined && (
          <Field
            label={say("do.typeToConfirm", { word })}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
          />
        )}
      </div>
    </Sheet>
  );
}
