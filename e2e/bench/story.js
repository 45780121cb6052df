// @ts-check
// A busy event as its server would tell it: photos that arrive and are copied, states, a backup, a camera that comes
// and goes, notices. What it says depends on nothing but how much time has passed.

import { readFileSync } from "node:fs";

/** @typedef {import("../../contract/kilat-wire.js").Now} Now */
/** @typedef {import("../../contract/kilat-wire.js").PhotoView} PhotoView */
/** @typedef {{ type: string, channels: string[], payload: unknown, isLog?: boolean }} Told */
/** How often what happens, each a second. @typedef {{ photos: number, progress: number, states: number, backups: number, notices: number, flaps: number }} Pace */

/** A wedding at its height: 2,000 photos and 20,000 steps of their copies in half an hour. @type {Pace} */
export const BUSY = { photos: 1.11, progress: 11.1, states: 1, backups: 1, notices: 1, flaps: 1 / 30 };
/** 200 messages a second, states as often as the server tells them at most. @type {Pace} */
export const FLOOD = { photos: 4, progress: 156, states: 10, backups: 20, notices: 0, flaps: 0 };

/** Photos that `now` names. */
const NEWEST = 24;

/** The payload of a golden message. @param {string} name */
const golden = (name) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/wire/server-${name}.json`, import.meta.url), "utf8")).payload;

/** @param {Pace} pace @param {() => number} clock by which the server tells the time */
export function story(pace, clock) {
  const at = () => new Date(clock()).toISOString();
  const base = {
    now: /** @type {Now} */ (golden("now")),
    dslr: golden("dslr_status"),
    system: golden("system_status"),
    notice: golden("notification"),
    run: golden("backup_progress"),
  };
  const startedAt = at();
  let arrived = 0;
  let stored = 0;
  let noticed = 0;
  let raisedAt = startedAt;
  let isOnline = true;
  let turn = 0;
  /** @type {PhotoView[]} */
  let newest = [];
  /** On their way. @type {PhotoView[]} */
  const moving = [];
  /** What is owed of each, in parts. @type {Record<keyof Pace, number>} */
  const owed = { photos: 0, progress: 0, states: 0, backups: 0, notices: 0, flaps: 0 };

  /** @returns {Now} */
  function now() {
    const up = /** @type {const} */ ({ state: "up", since: startedAt, what: null });
    return {
      ...base.now,
      serverTime: at(),
      asOf: at(),
      startedAt,
      ceremonyUntil: null,
      counts: { ...base.now.counts, held: arrived, stored, safe: stored, waiting: arrived - stored, incomplete: 0 },
      lastPhotoAt: newest[0]?.filedAt ?? null,
      newest,
      problems: [],
      cameras: base.now.cameras.map((camera) => ({
        ...camera,
        held: arrived,
        lastAt: newest[0]?.filedAt ?? startedAt,
      })),
      sources: base.now.sources.map((source) => ({
        ...source,
        online: isOnline,
        since: startedAt,
        lastArrivalAt: at(),
      })),
      destinations: base.now.destinations.map(({ reason, ...place }) => ({
        ...place,
        up: true,
        since: startedAt,
        stored,
        waiting: arrived - stored,
        freeBytes: 212e9 - stored * 8e6,
        speedBytesPerSecond: 180e6 + (turn % 40) * 1e6,
      })),
      links: { source: up, camera: { ...up, state: isOnline ? "up" : "down" }, storage: up },
    };
  }
  const dslr = () => ({
    ...base.dslr,
    totalUploaded: stored,
    failedUploads: 0,
    queueSize: arrived - stored,
    lastUpload: at(),
    lastHeartbeat: at(),
    uploadSpeed: 30 + (turn % 40) / 4,
  });
  const system = () => ({ ...base.system, data: { ...base.system.data, viewers: 3 } });
  /** @returns {Told[]} */
  const states = () => [
    { type: "dslr_status", channels: ["dslr"], payload: dslr() },
    { type: "now", channels: ["dslr"], payload: now() },
  ];

  /** @param {string} status @param {PhotoView} photo @param {number} progress @returns {Told} */
  function upload(status, photo, progress) {
    const { id, name, photoUrl, sizeBytes } = photo;
    const size = { fileSize: sizeBytes, total: sizeBytes, progress };
    const payload = { status, fileName: name, photoId: id, photoUrl, destination: "backup", timestamp: at(), ...size };
    return { type: "upload_progress", channels: ["dslr", "upload"], payload, isLog: status !== "uploading" };
  }

  /** @returns {Told} */
  function arrive() {
    arrived += 1;
    const id = `photo-${arrived}`;
    const photo = /** @type {PhotoView} */ ({
      id,
      name: `DSC_${String(arrived).padStart(4, "0")}.JPG`,
      kind: "jpeg",
      sizeBytes: 8_388_608,
      takenAt: at(),
      filedAt: at(),
      photoUrl: `/api/photos/${id}/preview`,
      state: "copying",
      progress: 0,
    });
    moving.push(photo);
    newest = [photo, ...newest].slice(0, NEWEST);
    return upload("starting", photo, 0);
  }

  /** One step of the copy whose turn it is. @returns {Told[]} */
  function advance() {
    turn += 1;
    const photo = moving[turn % Math.max(1, moving.length)];
    if (!photo) return [];
    const progress = (photo.progress ?? 0) + 100 / (pace.progress / pace.photos);
    const isDone = progress >= 99.9;
    const next = /** @type {PhotoView} */ (
      isDone ? { ...photo, state: "stored", progress: undefined } : { ...photo, progress }
    );
    newest = newest.map((one) => (one.id === photo.id ? next : one));
    if (!isDone) {
      moving[moving.indexOf(photo)] = next;
      return [upload("uploading", photo, progress)];
    }
    moving.splice(moving.indexOf(photo), 1);
    stored += 1;
    return [upload("completed", photo, 100)];
  }

  /** One comes, and the next time it ends. @returns {Told} */
  function notice() {
    noticed += 1;
    const isEnd = noticed % 2 === 0;
    // Each tenth is loud, and told at once.
    const priority = noticed % 10 === 0 ? "high" : "medium";
    const texts = { en: { title: `Notice ${noticed}`, message: "It is said in a sentence of some length." } };
    const id = `n-${Math.ceil(noticed / 2)}`;
    const about = { id, type: "upload_failed", priority, texts, ...texts.en, showToast: !isEnd };
    if (!isEnd) raisedAt = at();
    const times = { timestamp: raisedAt, updatedAt: at(), ...(isEnd && { resolvedAt: at() }) };
    const payload = { ...base.notice, ...about, ...times, state: isEnd ? "resolved" : "open" };
    return { type: "notification", channels: ["system", "upload"], payload, isLog: true };
  }

  /** @returns {Told} */
  function flap() {
    isOnline = !isOnline;
    const status = isOnline ? "connected" : "disconnected";
    const payload = { status, cameraModel: base.dslr.cameraModel, message: `The camera is ${status}` };
    return { type: "camera_status", channels: ["dslr", "camera"], payload, isLog: true };
  }

  /** @returns {Told} */
  function backup() {
    turn += 1;
    const progress = turn % 100;
    const payload = { ...base.run, progress, processedPhotos: progress * 4, totalPhotos: 400 };
    return { type: "backup_progress", channels: ["backup"], payload };
  }

  /** @type {Record<keyof Pace, () => Told[]>} */
  const makers = {
    photos: () => [arrive()],
    progress: advance,
    backups: () => [backup()],
    notices: () => [notice()],
    flaps: () => [flap()],
    states,
  };

  return {
    /** What a viewer that comes is told. @returns {Told[]} */
    states: () => [
      ...states(),
      { type: "backup_status", channels: ["backup"], payload: golden("backup_status") },
      { type: "system_status", channels: ["system"], payload: system() },
    ],
    /** What happens in so many milliseconds. @param {number} ms */
    pass(ms) {
      /** @type {Told[]} */
      const told = [];
      for (const name of /** @type {(keyof Pace)[]} */ (Object.keys(makers))) {
        for (owed[name] += (pace[name] * ms) / 1000; owed[name] >= 1; owed[name] -= 1) told.push(...makers[name]());
      }
      return told;
    },
    counts: () => ({ arrived, stored, noticed }),
  };
}
