// A number of things. What nobody knows is a dash, never a zero.

import { useChoices } from "../live/choices.js";

export function Count({
  value,
  label,
  tone = "plain",
}: {
  value: number | null;
  label: string;
  tone?: "plain" | "safe";
}) {
  const { language } = useChoices();
  return (
    <div className={`count is-${tone}`}>
      <b>{value === null ? "–" : value.toLocaleString(language)}</b>
      <span className="second">{label}</span>
    </div>
  );
}
