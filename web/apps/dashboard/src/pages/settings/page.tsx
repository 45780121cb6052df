// What the studio decides once: how pages ask, when the machine is worth a notice, who may come in.

import { useRead } from "../../live/ask.js";
import { useWords } from "../../live/choices.js";
import { useMay } from "../../live/session.js";
import { Boundary, Shown } from "../../parts/index.js";
import { Access } from "./access.js";
import { Form } from "./form.js";
import { Invite } from "./invite.js";
import { words } from "./words.js";
import "./settings.css";

/** Somebody else may change them while this page is open. */
const EVERY_MS = 60_000;

export function Page() {
  const say = useWords(words);
  const mayInvite = useMay("links");
  const mayDecide = useMay("access");
  const read = useRead("GET /api/admin/system/settings", { everyMs: EVERY_MS });
  return (
    <div className="settings">
      <div>
        <Shown read={read} what={say("what")}>
          {(settings) => <Form settings={settings} reload={read.reload} />}
        </Shown>
      </div>
      <div>
        {mayInvite && (
          <Boundary>
            <Invite />
          </Boundary>
        )}
        {mayDecide && (
          <Boundary>
            <Access />
          </Boundary>
        )}
      </div>
    </div>
  );
}
