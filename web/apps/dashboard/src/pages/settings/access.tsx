// Accounts, sessions and tokens, for admins: who may come in, and the end of that.

import type { TokenRow, UserRow } from "@kilat/client";
import { useState } from "react";
import { ask, useRead } from "../../live/ask.js";
import { useWords } from "../../live/choices.js";
import { Card, Clock, Confirm, Empty, Press, Row, Rows, Shown } from "../../parts/index.js";
import { common } from "../../words/common.js";
import { words } from "./words.js";

type Ending = { kind: "token"; row: TokenRow } | { kind: "user"; row: UserRow };

export function Access() {
  const say = useWords(words);
  const tokens = useRead("GET /api/admin/tokens");
  const users = useRead("GET /api/admin/users");
  const [ending, setEnding] = useState<Ending | null>(null);
  return (
    <Card title={say("access.title")}>
      <Shown read={users} what={say("access.what")}>
        {(rows) => (
          <Rows>
            {rows.map((row) => (
              <User key={row.name} row={row} onRemove={() => setEnding({ kind: "user", row })} />
            ))}
          </Rows>
        )}
      </Shown>
      <Shown read={tokens} what={say("access.what")}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="people" title={say("access.none")} />
          ) : (
            <Rows>
              {rows.map((row) => (
                <Token key={row.id} row={row} onRevoke={() => setEnding({ kind: "token", row })} />
              ))}
            </Rows>
          )
        }
      </Shown>
      {ending && (
        <End
          ending={ending}
          onClose={() => setEnding(null)}
          onEnded={() => {
            tokens.reload();
            users.reload();
          }}
        />
      )}
    </Card>
  );
}

function User({ row, onRemove }: { row: UserRow; onRemove: () => void }) {
  const say = useWords(words);
  const shared = useWords(common);
  return (
    <Row
      icon="people"
      title={row.name}
      detail={`${say("access.user")} · ${shared(`role.${row.role}`)}`}
      action={
        <Press label={`${say("access.remove")}: ${row.name}`} onPress={onRemove}>
          {say("access.remove")}
        </Press>
      }
    />
  );
}

function Token({ row, onRevoke }: { row: TokenRow; onRevoke: () => void }) {
  const say = useWords(words);
  const shared = useWords(common);
  const until = row.expired ? say("access.over") : row.expiresAt ? <Until at={row.expiresAt} /> : say("access.ever");
  return (
    <Row
      icon={row.kind === "session" ? "people" : "chip"}
      title={row.name}
      detail={
        <>
          {say(`access.${row.kind}`)} · {shared(`role.${row.role}`)} · {until}
        </>
      }
      // The commands of the server's own machine would be locked out until its next start.
      action={
        row.kind === "local_key" ? undefined : (
          <Press label={`${say("access.revoke")}: ${row.name}`} onPress={onRevoke}>
            {say("access.revoke")}
          </Press>
        )
      }
    />
  );
}

function Until({ at }: { at: string }) {
  const say = useWords(words);
  const [before, after] = say("access.until", { time: "\u0000" }).split("\u0000");
  return (
    <>
      {before}
      <Clock at={at} />
      {after}
    </>
  );
}

function End({ ending, onClose, onEnded }: { ending: Ending; onClose: () => void; onEnded: () => void }) {
  const say = useWords(words);
  const isUser = ending.kind === "user";
  async function end() {
    if (ending.kind === "user") await ask("DELETE /api/admin/users/{name}", { path: { name: ending.row.name } });
    else await ask("DELETE /api/admin/tokens/{id}", { path: { id: ending.row.id } });
    onEnded();
  }
  return (
    <Confirm
      title={say(isUser ? "access.removeTitle" : "access.revokeTitle", { name: ending.row.name })}
      doIt={say(isUser ? "access.remove" : "access.revoke")}
      onConfirm={end}
      onClose={onClose}
    >
      <p>{say(isUser ? "access.removeWhat" : "access.revokeWhat")}</p>
    </Confirm>
  );
}
