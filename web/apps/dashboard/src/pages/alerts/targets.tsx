// Who is told beyond this page, and how that goes.

import type { PushDeviceRow, TargetRow } from "@kilat/client";
import { type ReactNode, useState } from "react";
import { ask, useRead } from "../../live/ask.js";
import { useWords } from "../../live/choices.js";
import { useClose } from "../../live/close.js";
import { useKept, useReturn } from "../../live/kept.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import {
  Age,
  Button,
  Card,
  Confirm,
  Empty,
  Field,
  type IconName,
  Press,
  Row,
  Rows,
  Shown,
  type Tone,
} from "../../parts/index.js";
import { Add } from "./add.js";
import { words } from "./words.js";

/** It fails and mends itself without a notice on every attempt. */
const EVERY_MS = 30_000;
/** A call takes 10 s at most; then comes the answer. */
const TEST_MS = 20_000;

export function Targets({ detail }: { detail: string }) {
  const say = useWords(words);
  const mayChange = useMay("targets");
  const [added, setAdded] = useState<{ name: string; signingKey: string | undefined } | null>(null);
  const [leaving, setLeaving] = useState("");
  const close = useClose("alerts", detail);
  const read = useKept("targets", useRead("GET /api/admin/notify", { everyMs: EVERY_MS, again: useReturn() }));
  async function test(name: string) {
    try {
      const { tookMs } = await ask("POST /api/admin/notify/{name}/test", { path: { name }, timeoutMs: TEST_MS });
      return say("targets.tested", { n: tookMs });
    } finally {
      read.reload();
    }
  }
  return (
    <Card title={say("targets.title")}>
      <Shown read={read} what={say("targets.loading")} rows={2}>
        {(targets) =>
          targets.length === 0 ? (
            <Empty icon="bell" title={say("targets.none")}>
              {say(mayChange ? "targets.noneWhy" : "targets.noneAdmin")}
            </Empty>
          ) : (
            <Rows>
              {targets.map((target) => (
                <Row
                  key={target.name}
                  {...look(target)}
                  title={target.name}
                  detail={
                    <Telling
                      row={target}
                      first={`${say(`kind.${target.kind}`)} · ${say(`atLeast.${target.atLeast}`)}`}
                    />
                  }
                  note={why(target)}
                  action={
                    <span className="alerts-do">
                      <Button label={`${say("targets.test")}: ${target.name}`} onPress={() => test(target.name)}>
                        {say("targets.test")}
                      </Button>
                      {mayChange && target.namedBy === "operator" && (
                        <Press
                          label={`${say("targets.remove")}: ${target.name}`}
                          onPress={() => setLeaving(target.name)}
                        >
                          {say("targets.remove")}
                        </Press>
                      )}
                    </span>
                  }
                />
              ))}
            </Rows>
          )
        }
      </Shown>
      {mayChange && (
        <div className="alerts-end">
          <a className="button" href={to("alerts", "add")}>
            {say("targets.add")}
          </a>
          <output className="second">{added && say("targets.added", { name: added.name })}</output>
          {added?.signingKey && <Field label={say("targets.key")} readOnly value={added.signingKey} />}
        </div>
      )}
      {detail === "add" && mayChange && (
        <Add
          onClose={close}
          onAdded={(name, signingKey) => {
            setAdded({ name, signingKey });
            read.reload();
            close();
          }}
        />
      )}
      {leaving !== "" && (
        <Confirm
          title={say("targets.removeTitle", { name: leaving })}
          doIt={say("targets.remove")}
          onConfirm={async () => {
            await ask("DELETE /api/admin/notify/{name}", { path: { name: leaving } });
            setAdded(null);
            read.reload();
          }}
          onClose={() => setLeaving("")}
        >
          <p>{say("targets.removeWhat")}</p>
        </Confirm>
      )}
    </Card>
  );
}

export function Devices() {
  const say = useWords(words);
  const read = useKept("devices", useRead("GET /api/push/devices", { everyMs: EVERY_MS, again: useReturn() }));
  async function test(id: string) {
    const { tookMs } = await ask("POST /api/push/devices/{id}/test", { path: { id }, timeoutMs: TEST_MS });
    return say("targets.tested", { n: tookMs });
  }
  async function remove(id: string) {
    await ask("DELETE /api/push/devices/{id}", { path: { id } });
    read.reload();
  }
  if (read.value?.length === 0) return null;
  return (
    <Card title={say("devices.title")}>
      <Shown read={read} what={say("devices.loading")} rows={1}>
        {(devices) => (
          <Rows>
            {devices.map((device) => {
              const name = say("devices.by", { who: device.by, service: device.service });
              return (
                <Row
                  key={device.id}
                  {...look(device)}
                  title={name}
                  detail={<Telling row={device} first={`${device.lang} · ${say(`atLeast.${device.atLeast}`)}`} />}
                  note={why(device)}
                  action={
                    <>
                      <Button label={`${say("targets.test")}: ${name}`} onPress={() => test(device.id)}>
                        {say("targets.test")}
                      </Button>
                      <Button label={`${say("devices.remove")}: ${name}`} onPress={() => remove(device.id)}>
                        {say("devices.remove")}
                      </Button>
                    </>
                  }
                />
              );
            })}
          </Rows>
        )}
      </Shown>
    </Card>
  );
}

type Telling = Pick<TargetRow & PushDeviceRow, "state" | "attempts" | "waiting"> &
  Partial<Pick<TargetRow, "error" | "remedy" | "lastSuccessAt" | "lastErrorAt">>;

function look({ state }: Telling): { icon: IconName; tone: Tone } {
  if (state === "ok") return { icon: "check", tone: "safe" };
  if (state === "failing") return { icon: "octagon", tone: "trouble" };
  return { icon: "bell", tone: "plain" };
}

function why({ state, error, remedy }: Telling): string | undefined {
  return state === "failing" ? [error, remedy].filter(Boolean).join("; ") : undefined;
}

function Telling({ row, first }: { row: Telling; first: ReactNode }) {
  const say = useWords(words);
  const { state, attempts, waiting, lastSuccessAt, lastErrorAt } = row;
  const at = state === "failing" ? lastErrorAt : lastSuccessAt;
  return (
    <>
      {first}
      <br />
      {state === "failing" ? say("telling.failing", { n: attempts }) : say(`telling.${state}`)}
      {at && (
        <>
          {" · "}
          <Age at={at} />
        </>
      )}
      {waiting > 0 && ` · ${say("telling.waiting", { n: waiting })}`}
    </>
  );
}
