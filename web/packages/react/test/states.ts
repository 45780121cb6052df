// What a server would say: a small wedding in all its states.

import type {
  BackupRun,
  DestinationRow,
  DslrStatus,
  EventRow,
  MachineMetrics,
  MachineSummary,
  Notification,
  Now,
  SystemSettingsAnswer,
  SystemStatus,
  UploadProgress,
} from "@kilat/client";

export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

export interface World {
  now: Now;
  dslr: DslrStatus;
  runs: BackupRun[];
  system: SystemStatus;
  metrics: MachineMetrics;
  uploads: UploadProgress[];
  /** Told while somebody watches. */
  notices: Notification[];
  /** Stood open before the page was there. */
  open: Notification[];
  settings: SystemSettingsAnswer;
  events: EventRow[];
  destinations: DestinationRow[];
  /** Seconds since it was so. */
  ageSeconds: number;
}

export const summary: MachineSummary = {
  measuredAt: ago(2),
  cpu: 23.4,
  memory: 41,
  storage: 86.2,
  load: 0.7,
  hoursUntilFull: 9,
  temperature: null,
  receivedBytesPerSecond: 4e6,
  sentBytesPerSecond: 4e6,
  commitMs: 5.5,
  alerts: [],
};

const disk = {
  device: "sda1",
  fileSystem: "ext4",
  busy: 3,
  freeBytes: 212e9,
  totalBytes: 1e12,
  usedBytes: 788e9,
  readBytesPerSecond: 0,
  writtenBytesPerSecond: 4e6,
};

export function run(more: Partial<BackupRun> = {}): BackupRun {
  return {
    asOf: ago(0),
    askedBy: "operator",
    backupId: "b-1",
    destination: "red-ssd",
    eventId: "garden-wedding",
    kind: "copy",
    phase: "completed",
    status: "completed",
    startTime: ago(60_000),
    endTime: ago(59_760),
    duration: 240_000,
    totalPhotos: 1204,
    processedPhotos: 1204,
    successfulUploads: 1204,
    failedUploads: 0,
    totalBytes: 10.2e9,
    processedBytes: 10.2e9,
    wasThere: 0,
    ...more,
  };
}

export function running(more: Partial<BackupRun> = {}): BackupRun {
  const rest = run();
  delete rest.endTime;
  delete rest.duration;
  return {
    ...rest,
    backupId: "b-2",
    phase: "copying",
    status: "backing_up",
    startTime: ago(60),
    totalPhotos: 415,
    processedPhotos: 398,
    successfulUploads: 398,
    processedBytes: 9.8e9,
    bytesPerSecond: 182e6,
    etaMs: 3_000,
    ...more,
  };
}

export function notice(more: Partial<Notification> = {}): Notification {
  return {
    id: "n-1",
    type: "storage_warning",
    title: "red-ssd takes no copies",
    message: "/media/red-ssd is not there: plug it in; photos wait.",
    texts: {
      en: { title: "red-ssd takes no copies", message: "/media/red-ssd is not there: plug it in; photos wait." },
      id: { title: "red-ssd menolak salinan", message: "/media/red-ssd tidak ada: sambungkan; foto menunggu." },
    },
    priority: "high",
    count: 1,
    state: "open",
    persistent: true,
    showToast: true,
    timestamp: ago(130),
    updatedAt: ago(130),
    ...more,
  };
}

export function upload(name: string, more: Partial<UploadProgress> = {}): UploadProgress {
  return {
    fileName: name,
    photoId: `photo-${name}`,
    destination: "gallery",
    status: "uploading",
    timestamp: ago(1),
    fileSize: 11.4e6,
    total: 11.4e6,
    progress: 62.4,
    ...more,
  };
}

export function live(): World {
  const up = { state: "up", since: ago(14_000), what: null } as const;
  return {
    ageSeconds: 0,
    uploads: [],
    notices: [],
    open: [],
    settings: {
      success: true,
      useRealtime: true,
      pollingInterval: 120_000,
      enableNotifications: true,
      alertThresholds: { cpu: 90, memory: 90, storage: 90 },
    },
    runs: [run()],
    now: {
      asOf: ago(0),
      maxAgeMs: 35_000,
      serverTime: ago(0),
      startedAt: ago(14_400),
      version: "0.1.0",
      demo: false,
      ceremonyUntil: null,
      event: { id: "garden-wedding", name: "Garden wedding", date: "2026-11-21", status: "active" },
      counts: { shot: null, held: 412, stored: 410, safe: 410, waiting: 2, failed: 0, incomplete: 0 },
      cameras: [{ make: "NIKON CORPORATION", model: "NIKON Z 9", serial: "3004711", held: 212, lastAt: ago(3) }],
      sources: [],
      destinations: [],
      links: { source: up, camera: { state: "unknown", since: null, what: null }, storage: up },
      lastPhotoAt: ago(3),
      newest: [],
      paused: false,
      problems: [],
    },
    dslr: {
      isConnected: true,
      isProcessing: true,
      totalUploaded: 410,
      failedUploads: 0,
      lastUpload: ago(3),
      watchFolder: "/photos/in",
      eventId: "garden-wedding",
      uploaderName: "Sari",
      queueSize: 2,
      uploadSpeed: 4.2,
      serviceRunning: true,
      lastHeartbeat: ago(0),
      cameraModel: "NIKON Z 9",
      autoDetect: true,
      backupEnabled: true,
      notificationsEnabled: true,
      watermarkEnabled: false,
    },
    system: { status: "ok", message: "Kilat is running", data: { machine: summary } },
    metrics: {
      measuredAt: ago(48),
      clock: null,
      cpu: { cores: 4, load: [0.7, 0.6, 0.5], perCore: [], usage: 23.4 },
      memory: { isLimited: false, swapTotalBytes: 0, swapUsedBytes: 0, totalBytes: 16e9, usedBytes: 6.6e9, usage: 41 },
      journal: null,
      network: [],
      process: null,
      temperatures: [],
      storage: [{ ...disk, mount: "/photos", usage: 86.2, hoursUntilFull: 9, usedFor: ["hot folder"] }],
    },
    events: [
      { id: "garden-wedding", name: "Garden wedding", date: "2026-11-21", status: "active" },
      { id: "ayu-bima", name: "Ayu & Bima", date: "2026-11-14", status: "closed" },
    ],
    destinations: [
      place("red-ssd", "/media/red-ssd", true),
      { ...place("r2", "s3://studio/backups", false), reason: "the key is refused: give another one" },
    ],
  };
}

function place(id: string, url: string, up: boolean): DestinationRow {
  return { id, url, up, kind: "backup", medium: "disk", namedBy: "settings", offSite: false, since: ago(4000) };
}

export function empty(): World {
  const world = live();
  const counts = { shot: null, held: 0, stored: 0, safe: 0, waiting: 0, failed: 0, incomplete: 0 };
  return {
    ...world,
    runs: [],
    now: { ...world.now, counts, cameras: [], lastPhotoAt: null },
    dslr: { ...world.dslr, cameraModel: "", totalUploaded: 0, queueSize: 0, uploadSpeed: 0, lastUpload: null },
  };
}

export function busy(): World {
  const world = live();
  return {
    ...world,
    runs: [running(), run()],
    uploads: [upload("DSC_0412.JPG"), upload("DSC_0411.NEF", { progress: 8.2, total: 48e6 })],
  };
}

export function partial(): World {
  const world = live();
  const what = "/media/red-ssd: it is not there; plug it in";
  return {
    ...world,
    now: {
      ...world.now,
      cameras: [
        ...world.now.cameras,
        { make: "Canon", model: "Canon EOS R6", serial: "082031005512", held: 200, lastAt: ago(4100) },
      ],
      links: {
        source: { state: "partly", since: ago(600), what: "/srv/ftp" },
        camera: { state: "down", since: ago(130), what: "Canon EOS R6" },
        storage: { state: "down", since: ago(130), what },
      },
    },
    dslr: { ...world.dslr, serviceRunning: false, failedUploads: 5, isConnected: false },
    uploads: [
      upload("DSC_0388.NEF", { status: "failed", error: "the card reader gave an error: try again" }),
      upload("DSC_0390.JPG", { status: "failed", error: "the destination refuses it: make room on gallery" }),
    ],
    notices: [
      notice({ id: "n-1", type: "camera_disconnected", priority: "critical" }),
      notice({ id: "n-2", type: "upload_failed", priority: "medium", state: "told" }),
      notice({ id: "n-3", type: "backup_failed" }),
      notice({ id: "n-4", type: "storage_warning", state: "resolved", priority: "low" }),
    ],
    runs: [
      running({ phase: "waiting", reason: "red-ssd is not there: plug it in; it goes on by itself" }),
      running({ backupId: "b-3", destination: "r2", phase: "paused", failedUploads: 2 }),
      run({
        backupId: "b-4",
        phase: "failed",
        status: "failed",
        successfulUploads: 1201,
        failedUploads: 3,
        error: "3 photos could not be read at their source",
      }),
      run({ backupId: "b-5", phase: "cancelled", status: "failed", destination: "r2" }),
    ],
    metrics: {
      ...world.metrics,
      cpu: null,
      temperatures: [{ name: "cpu", celsius: 71.4 }],
      storage: world.metrics.storage.map((disk) => ({ ...disk, usage: 97.1, hoursUntilFull: 0.7 })),
    },
  };
}

export function stale(): World {
  return { ...busy(), ageSeconds: 400, metrics: { ...live().metrics, measuredAt: ago(400) } };
}

/** What a hostile camera and a hostile operator would write. */
export function hostile(): World {
  const world = partial();
  const name = "<img src=x onerror=\"document.title='owned'\">‮GPJ.exe";
  return {
    ...world,
    now: { ...world.now, cameras: world.now.cameras.map((camera) => ({ ...camera, model: name })) },
    dslr: { ...world.dslr, watchFolder: name, cameraModel: name, uploaderName: name },
    uploads: [upload(name), upload(name, { photoId: "x", status: "failed", error: name })],
    notices: [notice({ id: "n-9", type: "camera_connected", title: name, message: name, texts: {} })],
    runs: [running({ destination: name, reason: name }), run({ error: name, eventId: name })],
    events: [{ id: name, name, date: "2026-11-21", status: "open" }],
  };
}
