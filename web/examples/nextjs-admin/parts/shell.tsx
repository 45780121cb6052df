// The studio's own frame around every page.

import Link from "next/link";
import type { ReactNode } from "react";

const PLACES = [
  ["/", "Events"],
  ["/clients", "Clients"],
  ["/admin", "Live"],
] as const;

export function Shell({ at, title, children }: { at: string; title: string; children: ReactNode }) {
  return (
    <>
      <header className="top">
        <strong>Studio Admin</strong>
        <nav aria-label="Main">
          {PLACES.map(([path, name]) => (
            <Link key={path} href={path} aria-current={path === at ? "page" : undefined}>
              {name}
            </Link>
          ))}
        </nav>
      </header>
      <main>
        <h1>{title}</h1>
        {children}
      </main>
    </>
  );
}
