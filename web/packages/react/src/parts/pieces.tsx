"use client";
// The small pieces that monitors and other screens are made of. They show what they are given and know no server.

import { type ReactNode, useId } from "react";
import { Icon, type IconName } from "./icon.js";
import { DASH, useSpeech } from "./speak.js";
import { tame } from "./words.js";

/** What a colour means; it never stands without a sign and a word. */
export type Kind = "plain" | "safe" | "busy" | "trouble" | "action";

const shown = (node: ReactNode) => (typeof node === "string" ? tame(node) : node);

const SIGNS: Record<Kind, IconName> = {
  plain: "info",
  safe: "check",
  busy: "warning",
  trouble: "trouble",
  action: "info",
};

export function Pill({ kind = "plain", children }: { readonly kind?: Kind; readonly children: ReactNode }): ReactNode {
  return (
    <span className={`kl-pill kl-${kind}`}>
      <span className="kl-dot" />
      {children}
    </span>
  );
}

export interface ProgressProps {
  /** Percent; null while nobody knows. */
  readonly value: number | null | undefined;
  /** What moves on. */
  readonly label: string;
  readonly kind?: Kind | undefined;
}

export function Progress({ value, label, kind = "action" }: ProgressProps): ReactNode {
  const { percent, t } = useSpeech();
  const isKnown = typeof value === "number";
  const now = isKnown ? Math.min(100, Math.max(0, Math.floor(value))) : undefined;
  return (
    <div
      className={`kl-track kl-${kind}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={now}
      aria-valuetext={isKnown ? percent(value) : t("unknown")}
    >
      {/* By its scale: that moves without a new layout. */}
      <div className="kl-bar" style={{ transform: `scaleX(${(now ?? 0) / 100})` }} />
    </div>
  );
}

export interface CountProps {
  readonly value: number | null | undefined;
  readonly label: string;
  readonly digits?: number | undefined;
  readonly kind?: Kind | undefined;
}

/** A number in large figures; unknown is a dash, never 0. */
export function Count({ value, label, digits, kind = "plain" }: CountProps): ReactNode {
  const { number, t } = useSpeech();
  const text = number(value, digits);
  return (
    <div className="kl-count">
      <dt className="kl-label">{label}</dt>
      <dd className={`kl-figure kl-ink-${kind}`}>{text === DASH ? <Unknown word={t("unknown")} /> : text}</dd>
    </div>
  );
}

/** A dash for the eye, a word for the ear. */
function Unknown({ word }: { readonly word: string }): ReactNode {
  return (
    <>
      <span aria-hidden="true">{DASH}</span>
      <span className="kl-hidden">{word}</span>
    </>
  );
}

export interface RowProps {
  readonly icon?: IconName | undefined;
  readonly kind?: Kind | undefined;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  /** At the right edge: a figure, and what is said of it. */
  readonly figure?: ReactNode;
  readonly aside?: ReactNode;
  /** Below all of it. */
  readonly below?: ReactNode;
}

export function Row({ icon, kind = "plain", title, children, figure, aside, below }: RowProps): ReactNode {
  return (
    <li className="kl-row">
      {icon ? (
        <span className={`kl-sign kl-ink-${kind}`}>
          <Icon name={icon} />
        </span>
      ) : null}
      <div className="kl-words">
        {/* Its direction is found from the name itself. */}
        <bdi className="kl-name">{shown(title)}</bdi>
        <div className="kl-second">{shown(children)}</div>
      </div>
      {figure === undefined && aside === undefined ? null : (
        <div className="kl-right">
          <div className="kl-strong">{figure}</div>
          <div className="kl-second">{aside}</div>
        </div>
      )}
      {below ? <div className="kl-below">{below}</div> : null}
    </li>
  );
}

export interface NoteProps {
  readonly kind: Kind;
  readonly title?: ReactNode;
  readonly children?: ReactNode;
  /** One button that mends it. */
  readonly action?: ReactNode;
}

export function Note({ kind, title, children, action }: NoteProps): ReactNode {
  return (
    <div className={`kl-note kl-${kind}`}>
      <Icon name={SIGNS[kind]} />
      <div className="kl-words">
        {title ? <b className="kl-strong">{shown(title)}</b> : null}
        {children ? <div>{shown(children)}</div> : null}
      </div>
      {action}
    </div>
  );
}

export interface ButtonProps {
  readonly children: ReactNode;
  readonly onClick?: (() => void) | undefined;
  /** It was asked for, and the answer is awaited: it does nothing more meanwhile, and keeps the focus. */
  readonly isAsked?: boolean | undefined;
  readonly isOpen?: boolean | undefined;
  readonly kind?: "plain" | "action" | "trouble" | "quiet" | undefined;
  readonly label?: string | undefined;
  readonly type?: "button" | "submit" | undefined;
}

export function Button({
  children,
  onClick,
  isAsked,
  isOpen,
  kind = "plain",
  label,
  type = "button",
}: ButtonProps): ReactNode {
  return (
    <button
      type={type}
      className={`kl-button kl-button-${kind}`}
      aria-disabled={isAsked || undefined}
      aria-expanded={isOpen}
      aria-label={label}
      onClick={(event) => {
        if (isAsked) event.preventDefault();
        else onClick?.();
      }}
    >
      {children}
    </button>
  );
}

export interface SwitchProps {
  readonly isOn: boolean;
  readonly children: ReactNode;
  onChange(isOn: boolean): void;
}

export function Switch({ isOn, children, onChange }: SwitchProps): ReactNode {
  const id = useId();
  return (
    <div className="kl-switch">
      <button
        type="button"
        role="switch"
        className={`kl-knob ${isOn ? "kl-is-on" : ""}`}
        aria-checked={isOn}
        aria-labelledby={id}
        onClick={() => onChange(!isOn)}
      >
        <span className="kl-slot" />
      </button>
      <span id={id}>{children}</span>
    </div>
  );
}

/** As high as what will stand there, so that nothing jumps. */
export function Skeleton({ rows, counts = 0 }: { readonly rows: number; readonly counts?: number }): ReactNode {
  const bars = (many: number, name: string) =>
    Array.from({ length: many }, (_, place) => place).map((place) => <span key={place} className={name} />);
  return (
    <div className="kl-skeleton" aria-hidden="true">
      {bars(rows, "kl-ghost")}
      {counts ? <div className="kl-counts">{bars(counts, "kl-ghost")}</div> : null}
    </div>
  );
}

/** Said by screen readers when it changes. For changes of a state, not for numbers that tick. */
export function Announce({ children }: { readonly children: string }): ReactNode {
  return (
    <output className="kl-hidden" aria-live="polite">
      {children}
    </output>
  );
}
