"use client";
// The hooks by the names that existing pages know. One socket for all of them, however many there are.

import type {
  BackupProgress,
  BackupRun,
  CameraStatus,
  Channel,
  Client,
  DslrStatus,
  Held,
  Link,
  Listener,
  Now,
  Status,
  UploadProgress,
} from "@kilat/client";
import { useMemo } from "react";
import { useKilatClient } from "./context.js";
import { type Selector, useKilat, useKilatEvent } from "./known.js";
import { type Notices, useNotices } from "./notices.js";

const ALL: readonly Channel[] = ["dslr", "backup", "upload", "camera", "system"];
const CAMERAS: readonly Channel[] = ["dslr", "camera", "upload"];
const BACKUPS: readonly Channel[] = ["backup"];
const NONE: readonly Channel[] = [];

export interface WebSocketRealtimeOptions {
  /** Whether to watch at all. */
  enabled?: boolean | undefined;
  /** All by default. */
  channels?: readonly Channel[] | undefined;
  /** Every message, once and in order. Nothing is rendered for it. */
  onMessage?: Listener<"*"> | undefined;
}

export interface WebSocketRealtime {
  readonly isConnected: boolean;
  readonly connectionStatus: Link;
  readonly mode: Status["mode"];
  readonly isRealtime: boolean;
  /** The page's real-time switch: off means no socket, and a poll every 30 s. */
  setRealtime: Client["setRealtime"];
  /** Says something over the socket: now, or within 5 s, or never. */
  send: Client["send"];
  on: Client["on"];
  off: Client["off"];
  reconnect(): void;
  refreshStatus(): void;
}

const ownLink: Selector<Pick<Status, "isConnected" | "mode" | "isRealtime"> & { connectionStatus: Link }> = (_, s) => ({
  isConnected: s.isConnected,
  connectionStatus: s.link,
  mode: s.mode,
  isRealtime: s.isRealtime,
});

export function useWebSocketRealtime(options: WebSocketRealtimeOptions = {}): WebSocketRealtime {
  const { enabled = true, channels = ALL, onMessage } = options;
  const client = useKilatClient();
  const link = useKilat(ownLink, enabled ? channels : NONE);
  useKilatEvent("*", onMessage);
  return useMemo(() => {
    const { setRealtime, send, on, off, reconnect, refresh } = client;
    return { ...link, setRealtime, send, on, off, reconnect, refreshStatus: refresh };
  }, [client, link]);
}

export interface DSLRRealtimeOptions {
  enabled?: boolean | undefined;
  /** Each step of each photo's copies. */
  onUpload?: Listener<"upload_progress"> | undefined;
  /** A source came or went. */
  onCamera?: Listener<"camera_status"> | undefined;
}

export interface DSLRRealtime extends Notices {
  readonly isConnected: boolean;
  /** Whether what is known is too old to be shown as live. */
  readonly isStale: boolean;
  readonly dslrStatus: DslrStatus | null;
  /** What happened to a source last. */
  readonly cameraStatus: CameraStatus | null;
  /** What happened to a copy last. */
  readonly uploadProgress: UploadProgress | null;
  /** The newest state of each copy, at most 200, with its age. */
  readonly uploads: readonly Held<UploadProgress>[];
  /** Counts, cameras, sources, storage: everything at once, with its age. */
  readonly now: Held<Now> | null;
  refreshStatus(): void;
}

const cameras = (
  { dslr_status, camera_status, upload_progress, now }: Parameters<Selector<unknown>>[0],
  s: Status,
) => ({
  isConnected: s.isConnected,
  isStale: s.isStale,
  dslrStatus: dslr_status?.value ?? null,
  cameraStatus: camera_status[0]?.value ?? null,
  uploadProgress: upload_progress[0]?.value ?? null,
  uploads: upload_progress,
  now,
});

/** Cameras and uploads. */
export function useDSLRRealtime({ enabled = true, onUpload, onCamera }: DSLRRealtimeOptions = {}): DSLRRealtime {
  const client = useKilatClient();
  const known = useKilat(cameras, enabled ? CAMERAS : NONE);
  const notices = useNotices("upload camera event", enabled);
  useKilatEvent("upload_progress", onUpload);
  useKilatEvent("camera_status", onCamera);
  return useMemo(() => ({ ...known, ...notices, refreshStatus: client.refresh }), [client, known, notices]);
}

export interface BackupRealtimeOptions {
  enabled?: boolean | undefined;
  onProgress?: Listener<"backup_progress"> | undefined;
}

export interface BackupRealtime extends Notices {
  readonly isConnected: boolean;
  /** All runs, newest first; null while nothing is known. */
  readonly backupStatus: readonly BackupRun[] | null;
  /** The same with its age. */
  readonly runs: Held<readonly BackupRun[]> | null;
  /** What happened to a run last. */
  readonly backupProgress: BackupProgress | null;
  /** The newest progress of each run, at most 50, with its age. */
  readonly progress: readonly Held<BackupProgress>[];
  refreshStatus(): void;
}

const backups = ({ backup_status, backup_progress }: Parameters<Selector<unknown>>[0], s: Status) => ({
  isConnected: s.isConnected,
  backupStatus: backup_status?.value ?? null,
  runs: backup_status,
  backupProgress: backup_progress[0]?.value ?? null,
  progress: backup_progress,
});

/** Backup runs. */
export function useBackupRealtime({ enabled = true, onProgress }: BackupRealtimeOptions = {}): BackupRealtime {
  const client = useKilatClient();
  const known = useKilat(backups, enabled ? BACKUPS : NONE);
  const notices = useNotices("backup", enabled);
  useKilatEvent("backup_progress", onProgress);
  return useMemo(() => ({ ...known, ...notices, refreshStatus: client.refresh }), [client, known, notices]);
}
