"use client";
// Cameras and uploads: failures first, then what is on its way, then the counts.

import type { Channel, DslrStatus, Held, LinkView, Now, UploadProgress } from "@kilat/client";
import { call } from "@kilat/client/call";
import { type FormEvent, type ReactNode, useState } from "react";
import { useKilatClient } from "../context.js";
import { type Selector, useKilat, useKilatStatus } from "../known.js";
import { type Command, useCommand } from "../parts/command.js";
import { Button, Count, Note, Progress, Row, Switch } from "../parts/pieces.js";
import { useSpeech } from "../parts/speak.js";
import { Age, useIsStale } from "../parts/time.js";
import { useDSLRRealtime } from "../realtime.js";
import { type BodyProps, Frame, Monitor, type MonitorProps, POLL_MS } from "./frame.js";

const CHANNELS: readonly Channel[] = ["dslr", "camera", "upload"];
/** Rows of each kind; of more it says how many. */
const SHOWN = 3;

/** Cameras, uploads, their counts and their trouble. */
export function DSLRMonitor(props: MonitorProps): ReactNode {
  return <Monitor {...props} name="cameras" channels={CHANNELS} everyMs={POLL_MS} isFollowing body={Body} />;
}

const ownStatus: Selector<Held<DslrStatus> | null> = (known) => known.dslr_status;

function Body(props: BodyProps): ReactNode {
  const { t } = useSpeech();
  const client = useKilatClient();
  const status = useKilatStatus();
  const { dslrStatus, uploads, now, ...notices } = useDSLRRealtime();
  const held = useKilat(ownStatus);
  const isStale = useIsStale(now, props.isRealtime ? 0 : props.everyMs);
  const command = useCommand();
  const [isOpen, setOpen] = useState(false);
  const isRunning = dslrStatus?.serviceRunning ?? true;
  const troubles = LINKS.filter(([link]) => status[link].state === "down" || status[link].state === "partly");
  const wish = isRunning ? "pause" : "resume";
  const words = ([link, word]: (typeof LINKS)[number]) => t(word, { what: status[link].what ?? t("unknown") });
  return (
    <Frame
      {...props}
      icon="camera"
      link={status}
      held={held}
      notices={notices}
      command={command}
      announced={[...troubles.map(words), ...(isRunning ? [] : [t("paused")])]}
      ghosts={[2, 4]}
      onRefresh={notices.refreshStatus}
      buttons={
        <>
          <Button
            isAsked={command.isAsked(wish)}
            onClick={() => command.run(wish, () => call(client, "POST /api/dslr/status", { body: { action: wish } }))}
          >
            {t(wish)}
          </Button>
          <Button isOpen={isOpen} onClick={() => setOpen(!isOpen)}>
            {t("settings")}
          </Button>
        </>
      }
      panel={
        isOpen && dslrStatus ? <Settings of={dslrStatus} command={command} onClose={() => setOpen(false)} /> : null
      }
    >
      {dslrStatus ? (
        <>
          {troubles.map((trouble) => (
            <Note key={trouble[0]} kind={status[trouble[0]].state === "down" ? "trouble" : "busy"}>
              {words(trouble)} · <Age of={status[trouble[0]].since} />
            </Note>
          ))}
          {isRunning ? null : <Note kind="busy">{t("paused")}</Note>}
          <Failures uploads={uploads} count={dslrStatus.failedUploads} command={command} />
          <ul className="kl-rows">
            <Cameras now={now?.value ?? null} status={dslrStatus} camera={status.camera} />
            <OnTheirWay uploads={uploads} isStale={isStale} />
          </ul>
          <dl className="kl-counts">
            <Count value={dslrStatus.totalUploaded} label={t("uploaded")} />
            <Count value={dslrStatus.queueSize} label={t("waiting")} />
            <Count
              value={dslrStatus.failedUploads}
              label={t("failed")}
              kind={dslrStatus.failedUploads ? "trouble" : "plain"}
            />
            <Count value={dslrStatus.uploadSpeed} label={t("mbps")} digits={1} />
          </dl>
        </>
      ) : null}
    </Frame>
  );
}

const LINKS = [
  ["source", "sourceDown"],
  ["camera", "cameraDown"],
  ["storage", "storageDown"],
] as const;

interface FailuresProps {
  readonly uploads: readonly Held<UploadProgress>[];
  readonly count: number;
  readonly command: Command;
}

function Failures({ uploads, count, command }: FailuresProps): ReactNode {
  const { t } = useSpeech();
  const client = useKilatClient();
  if (!count) return null;
  const failed = uploads.filter(({ value }) => value.status === "failed");
  return (
    <>
      <ul className="kl-rows">
        {failed.slice(0, SHOWN).map((held) => (
          <Row key={held.key} icon="trouble" kind="trouble" title={held.value.fileName} aside={<Age of={held} />}>
            {[t("failedCopy"), held.value.error].filter(Boolean).join(" · ")}
          </Row>
        ))}
      </ul>
      <div className="kl-line">
        <span className="kl-ink-trouble">
          {failed.length < count ? t("more", { n: count - Math.min(failed.length, SHOWN) }) : null}
        </span>
        <Button
          isAsked={command.isAsked("retry")}
          onClick={() => command.run("retry", () => call(client, "POST /api/uploads/retry"))}
        >
          {t("again")}
        </Button>
      </div>
    </>
  );
}

interface CamerasProps {
  readonly now: Now | null;
  readonly status: DslrStatus;
  readonly camera: LinkView;
}

function Cameras({ now, status, camera }: CamerasProps): ReactNode {
  const { t, number } = useSpeech();
  const words: string[] = [];
  if (camera.state === "up") words.push(t("connected"));
  if (camera.state === "down") words.push(t("unplugged"));
  if (status.watchFolder && status.isConnected) words.push(t("watching", { folder: status.watchFolder }));
  if (!now?.cameras.length) {
    return (
      <Row icon="camera" title={status.cameraModel || t("noCamera")} figure={now ? number(now.counts.held) : undefined}>
        {status.cameraModel || !status.watchFolder ? words.join(" · ") : t("copyInto", { folder: status.watchFolder })}
      </Row>
    );
  }
  return now.cameras.slice(0, SHOWN).map(({ model, serial, held, lastAt }) => (
    <Row key={`${model} ${serial}`} icon="camera" title={model} figure={number(held)} aside={<Age of={lastAt} />}>
      {now.cameras.length > 1 && serial ? serial : words.join(" · ")}
    </Row>
  ));
}

interface OnTheirWayProps {
  readonly uploads: readonly Held<UploadProgress>[];
  readonly isStale: boolean;
}

function OnTheirWay({ uploads, isStale }: OnTheirWayProps): ReactNode {
  const { t, percent, bytesOf } = useSpeech();
  const { ageMs } = useKilatClient();
  // What was announced and then never heard of again is not on its way.
  const moving = uploads.filter(
    (held) => held.value.status === "uploading" && (isStale || held.maxAgeMs === null || ageMs(held) <= held.maxAgeMs),
  );
  return moving.slice(0, SHOWN).map(({ key, value: { fileName, progress, total } }) => (
    <Row
      key={key}
      icon="clock"
      title={fileName}
      figure={percent(progress)}
      below={<Progress value={progress} label={fileName} />}
    >
      {t("uploading")}
      {progress !== undefined && total ? ` · ${bytesOf((total * progress) / 100, total)}` : ""}
    </Row>
  ));
}

interface SettingsProps {
  readonly of: DslrStatus;
  readonly command: Command;
  onClose(): void;
}

/** What this page may change. What is being typed is not overwritten by what comes in. */
function Settings({ of, command, onClose }: SettingsProps): ReactNode {
  const { t } = useSpeech();
  const client = useKilatClient();
  const [uploaderName, setName] = useState(of.uploaderName);
  const [notificationsEnabled, setNotified] = useState(of.notificationsEnabled);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const settings = { uploaderName, notificationsEnabled };
    const body = { action: "update_settings", settings } as const;
    if (await command.run("settings", () => call(client, "POST /api/dslr/status", { body }))) onClose();
  };
  return (
    <form className="kl-form" onSubmit={save}>
      <label className="kl-field">
        <span>{t("uploader")}</span>
        <input
          className="kl-input"
          value={uploaderName}
          maxLength={120}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <Switch isOn={notificationsEnabled} onChange={setNotified}>
        {t("notify")}
      </Switch>
      <div className="kl-buttons">
        <Button type="submit" kind="action" isAsked={command.isAsked("settings")}>
          {t("save")}
        </Button>
        <Button onClick={onClose}>{t("close")}</Button>
      </div>
    </form>
  );
}
