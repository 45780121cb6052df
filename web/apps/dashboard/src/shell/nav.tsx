// Five tabs under a thumb, a sidebar from 900 px.

import { useWords } from "../live/choices.js";
import { to, useRoute } from "../live/route.js";
import { BEHIND_MORE, isPage, PAGES, type PageName, SIDEBAR, TABS } from "../pages/index.js";
import { Icon } from "../parts/icon.js";
import { common } from "../words/common.js";
import { useOpenNotices } from "./notices.js";

export function Tabs() {
  const say = useWords(common);
  return (
    <nav className="tabs" aria-label={say("nav.label")}>
      {TABS.map((name) => (
        <Item key={name} name={name} />
      ))}
    </nav>
  );
}

export function Sidebar() {
  const say = useWords(common);
  return (
    <nav className="sidebar" aria-label={say("nav.label")}>
      <p className="sidebar-mark">
        <Icon name="bolt" className="is-mark" /> Kilat
      </p>
      {SIDEBAR.map((name) => (
        <Item key={name} name={name} />
      ))}
      <Item name="more" isLast />
    </nav>
  );
}

function Item({ name, isLast = false }: { name: PageName; isLast?: boolean }) {
  const say = useWords(common);
  const { page } = useRoute();
  const open = useOpenNotices();
  const shown = isPage(page) ? page : "now";
  // On a phone, what is behind "More" belongs to it.
  const isHere = shown === name || (name === "more" && !isLast && BEHIND_MORE.includes(shown));
  return (
    <a
      className={`nav-item ${isLast ? "is-last" : ""}`}
      href={to(name)}
      aria-current={isHere ? "page" : undefined}
      // The chunk is on its way before the finger is up.
      onPointerDown={() => void PAGES[name].load()}
    >
      <Icon name={PAGES[name].icon} />
      <span>{isLast ? say("more.look") : say(`nav.${name}`)}</span>
      {name === "alerts" && open > 0 && (
        <span className="nav-badge">
          <span aria-hidden="true">{open > 99 ? "99+" : open}</span>
          <span className="unseen">{say("nav.open", { n: open })}</span>
        </span>
      )}
    </a>
  );
}
