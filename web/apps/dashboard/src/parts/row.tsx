// A line of a list: what it is about, two lines of words, a value and its age, one thing to do.

import type { ReactNode } from "react";
import { tamed } from "../words/tame.js";
import { Icon, type IconName } from "./icon.js";
import type { Tone } from "./pill.js";

export interface RowProps {
  icon?: IconName;
  /** Colour of the icon: give it only where a word of the row says the same. */
  tone?: Tone;
  title: ReactNode;
  detail?: ReactNode;
  /** Under both, in the language of whoever wrote it. */
  note?: ReactNode;
  /** The value at the end, and what belongs under it. */
  end?: ReactNode;
  endDetail?: ReactNode;
  /** A button or several; it goes under the words where there is no room beside them. */
  action?: ReactNode;
  /** A bar under the words. */
  bar?: ReactNode;
  /** The whole row leads there. */
  href?: string;
  /** The whole row is pressed. */
  onPress?: () => void;
  className?: string;
}

export function Row(props: RowProps) {
  const {
    icon,
    tone = "plain",
    title,
    detail,
    note,
    end,
    endDetail,
    action,
    bar,
    href,
    onPress,
    className = "",
  } = props;
  const inside = (
    <>
      {icon && <Icon name={icon} className={`is-${tone}`} />}
      <span className="row-words">
        <b>{tamed(title)}</b>
        {detail !== undefined && <span className="second">{tamed(detail)}</span>}
        {note !== undefined && (
          <span className="second row-note" lang="en">
            {tamed(note)}
          </span>
        )}
        {bar}
      </span>
      {(end !== undefined || endDetail !== undefined) && (
        <span className="row-end">
          {end !== undefined && <b>{end}</b>}
          {endDetail !== undefined && <span className="second">{endDetail}</span>}
        </span>
      )}
      {action !== undefined && <span className="row-action">{action}</span>}
      {(href || onPress) && <Icon name="right" className="row-way" />}
    </>
  );
  if (href)
    return (
      <a className={`row ${className}`} href={href}>
        {inside}
      </a>
    );
  if (onPress)
    return (
      <button type="button" className={`row ${className}`} onClick={onPress}>
        {inside}
      </button>
    );
  return <div className={`row ${className}`}>{inside}</div>;
}

/** Several of them. */
export function Rows({ children }: { children: ReactNode }) {
  return <div className="rows">{children}</div>;
}
