// How far something is, in percent.

import { useChoices } from "../live/choices.js";

/** `label`: what is under way, for whoever does not see the bar. */
export function Progress({
  percent,
  label,
  tone = "action",
}: {
  percent: number;
  label: string;
  tone?: "action" | "busy" | "trouble" | "safe";
}) {
  const { language } = useChoices();
  const value = Math.min(100, Math.max(0, percent));
  return (
    <span
      className={`progress is-${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(value)}
      aria-valuetext={(value / 100).toLocaleString(language, { style: "percent" })}
    >
      <i style={{ transform: `scaleX(${value / 100})` }} />
    </span>
  );
}
