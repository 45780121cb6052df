// A word in a colour that means something. The colour never says more than the word.

import type { ReactNode } from "react";

export type Tone = "plain" | "safe" | "busy" | "trouble" | "action";

export function Pill({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`pill is-${tone}`}>{children}</span>;
}
