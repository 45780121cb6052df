// Every screen that follows, slow ones first; what one was told, for whoever looks for a fault.

import type { ClientView } from "@kilat/client";
import { useState } from "react";
import { useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useMay } from "../../live/session.js";
import { Card, Empty, ReadAge, Refused, Row, Rows, Sheet, Shown } from "../../parts/index.js";
import { size, span } from "../../words/times.js";
import { device, isSlow, slowFirst } from "./order.js";
import { words } from "./words.js";
import "./clients.css";

const EVERY_MS = 10_000;
const TRACE_MS = 2_000;

export function Page() {
  const say = useWords(words);
  const mayLook = useMay("inside");
  if (!mayLook)
    return (
      <Card title={say("title")}>
        <Refused />
      </Card>
    );
  return <Clients />;
}

function Clients() {
  const say = useWords(words);
  const read = useRead("GET /api/admin/clients", { everyMs: EVERY_MS });
  const [traced, setTraced] = useState<ClientView | null>(null);
  return (
    <Card title={say("title")} more={read.atMs === null ? undefined : <ReadAge atMs={read.atMs} />}>
      <Shown read={read} what={say("what")}>
        {({ clients }) =>
          clients.length === 0 ? (
            <Empty icon="people" title={say("none")}>
              {say("noneWhy")}
            </Empty>
          ) : (
            <>
              <Summary clients={clients} />
              <Rows>
                {slowFirst(clients).map((client) => (
                  <Client key={client.clientId} client={client} onPress={() => setTraced(client)} />
                ))}
              </Rows>
            </>
          )
        }
      </Shown>
      {traced && <Trace client={traced} onClose={() => setTraced(null)} />}
    </Card>
  );
}

function Summary({ clients }: { clients: readonly ClientView[] }) {
  const say = useWords(words);
  const slow = clients.filter(isSlow).length;
  return (
    <p className="clients-summary">
      <b>{say("summary", { n: clients.length })}</b>
      <span className="second"> · {slow === 0 ? say("fine") : say("slow", { n: slow })}</span>
    </p>
  );
}

function Client({ client, onPress }: { client: ClientView; onPress: () => void }) {
  const say = useWords(words);
  const { language } = useChoices();
  const time = (seconds: number) => span(language, seconds * 1_000);
  const state =
    client.blockedSeconds !== undefined
      ? say("state.blocked", { time: time(client.blockedSeconds) })
      : isSlow(client)
        ? say("state.behind", { n: client.behind })
        : say("state.current");
  return (
    <Row
      icon={isSlow(client) ? "triangle" : "people"}
      tone={isSlow(client) ? "busy" : "plain"}
      title={client.who}
      detail={[device(client.agent), client.address, state].filter(Boolean).join(" · ")}
      end={say(`by.${client.transport}`)}
      endDetail={say("since", { time: time(client.connectedSeconds) })}
      onPress={onPress}
    />
  );
}

function Trace({ client, onClose }: { client: ClientView; onClose: () => void }) {
  const say = useWords(words);
  const { language } = useChoices();
  const read = useRead("GET /api/admin/clients/{id}/trace", { path: { id: client.clientId }, everyMs: TRACE_MS });
  const facts = [
    say("channels", { channels: client.channels.join(", ") || "–" }),
    say("sent", { size: size(language, client.sentBytes), n: client.sentMessages }),
    client.skippedStates > 0 ? say("skipped", { n: client.skippedStates }) : null,
    client.resyncs > 0 ? say("resyncs", { n: client.resyncs }) : null,
    say("heard", { time: span(language, client.lastHeardSeconds * 1_000) }),
  ].filter((fact) => fact !== null);
  return (
    <Sheet title={say("traceOf", { who: client.who, address: client.address })} onClose={onClose}>
      <ul className="clients-facts second">
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      <h3 className="clients-trace-title">{say("trace")}</h3>
      <p className="second">{say("traceWhy")}</p>
      <Shown read={read} what={say("trace")}>
        {({ lines }) =>
          lines.length === 0 ? (
            <p className="second">{say("traceNone")}</p>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys
            <pre className="clients-trace" tabIndex={0}>
              {lines.join("\n")}
            </pre>
          )
        }
      </Shown>
    </Sheet>
  );
}
