// A part of a page: its heading, its surface.

import { type ReactNode, useId } from "react";
import { Boundary } from "./boundary.js";

export interface CardProps {
  /** The heading above it; without one the part needs a `label`. */
  title?: string;
  label?: string;
  /** At the end of the heading's line: how many more, a link. */
  more?: ReactNode;
  /** `plain`: no surface of its own, for grids and what brings cards itself. */
  look?: "card" | "plain";
  className?: string;
  children: ReactNode;
}

/** A section with a heading and a surface; what breaks in it breaks alone. */
export function Card({ title, label, more, look = "card", className = "", children }: CardProps) {
  const id = useId();
  return (
    <section className={`part ${className}`} {...(title ? { "aria-labelledby": id } : { "aria-label": label })}>
      {title !== undefined && (
        <div className="part-head">
          <h2 id={id}>{title}</h2>
          {more !== undefined && <span className="part-more">{more}</span>}
        </div>
      )}
      <div className={look === "card" ? "card" : undefined}>
        <Boundary>{children}</Boundary>
      </div>
    </section>
  );
}
