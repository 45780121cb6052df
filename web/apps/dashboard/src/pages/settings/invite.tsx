// A link for another phone, and its code to point a camera at.

import type { LinkAnswer, Role } from "@kilat/client";
import { useEffect, useState } from "react";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Options } from "../../parts/index.js";
import { common } from "../../words/common.js";
import { span } from "../../words/times.js";
import { words } from "./words.js";

const ROLES = ["viewer", "operator", "admin"] as const satisfies readonly Role[];

export function Invite() {
  const say = useWords(words);
  const shared = useWords(common);
  const mayAll = useMay("access");
  const [role, setRole] = useState<(typeof ROLES)[number]>("viewer");
  const [link, setLink] = useState<LinkAnswer | null>(null);
  async function make() {
    setLink(await ask("POST /api/links", { body: { role } }));
  }
  return (
    <Card title={say("link.title")}>
      <div className="settings-form">
        <p className="second">{say("link.why")}</p>
        {mayAll && (
          <Options
            label={say("link.role")}
            value={role}
            onChange={setRole}
            options={ROLES.map((role) => [role, shared(`role.${role}`)] as const)}
          />
        )}
        <Button onPress={make}>{say(mayAll ? "link.doRole" : "link.do")}</Button>
        {link && <Shown link={link} />}
      </div>
    </Card>
  );
}

const LOCAL = /^(localhost|127\.|\[::1\])/;

function Shown({ link }: { link: LinkAnswer }) {
  const say = useWords(words);
  const shared = useWords(common);
  const { language } = useChoices();
  const address = new URL(link.path, location.origin).href;
  const valid = { time: span(language, link.validMs), n: link.uses, role: shared(`role.${link.role}`) };
  return (
    <div className="settings-link">
      {LOCAL.test(location.host) && <p className="second">{say("link.local")}</p>}
      <Code text={address} label={say("link.code")} />
      <p className="second">{say("link.valid", valid)}</p>
      <label className="settings-address">
        <span className="second">{say("link.open")}</span>
        {/* To be selected and copied: a page without HTTPS cannot do it for anybody. */}
        <input readOnly value={address} onFocus={(event) => event.target.select()} />
      </label>
    </div>
  );
}

/** Black on white in every theme: cameras want it so. */
function Code({ text, label }: { text: string; label: string }) {
  const [code, setCode] = useState<{ size: number; path: string } | null>(null);
  useEffect(() => {
    let isThere = true;
    import("uqr").then(({ encode }) => {
      const { data, size } = encode(text, { border: 3 });
      const path = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
      if (isThere) setCode({ size, path });
    });
    return () => {
      isThere = false;
    };
  }, [text]);
  if (!code) return <div className="settings-code" aria-busy="true" />;
  return (
    <svg
      className="settings-code"
      viewBox={`0 0 ${code.size} ${code.size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path className="settings-code-ground" d={`M0 0h${code.size}v${code.size}h-${code.size}z`} />
      <path className="settings-code-ink" d={code.path} />
    </svg>
  );
}
