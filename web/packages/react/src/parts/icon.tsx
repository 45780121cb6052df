// The signs: 24 by 24, drawn in the colour of the text. Never alone: a word stands beside each.

import type { ReactNode } from "react";

const PATHS = {
  bolt: "M13 2 4 14h7l-1 8 9-12h-7z",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  shield: "M12 3 4.5 6v5.5c0 4.5 3 8 7.5 9.5 4.5-1.5 7.5-5 7.5-9.5V6zM8.5 12l2.5 2.5 4.5-5",
  chip: "M7 7h10v10H7zM10 10h4v4h-4zM9 3v4M15 3v4M9 17v4M15 17v4M3 9h4M3 15h4M17 9h4M17 15h4",
  folder: "M3 6h6l2 2.5h10V19H3z",
  disk: "M6 5h12l3 9v5H3v-5zM3 14h18M17 16.5h.01",
  check: "M4 12.5 9.5 18 20 6.5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.5l3.5 2",
  warning: "M12 4 2.5 20h19zM12 10v4.5M12 17.2h.01",
  trouble: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16.2h.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.8h.01",
  close: "M6 6l12 12M18 6 6 18",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="kl-icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
