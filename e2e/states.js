// @ts-check
// States of a server, as it would send them: for tests and screenshots.

/** @typedef {import("../contract/kilat-wire.ts").Now} Now */
/** @typedef {import("../contract/kilat-wire.ts").PhotoView} PhotoView */
/** @typedef {import("../contract/kilat-wire.ts").Problem} Problem */

/** @param {number} secondsAgo */
const ago = (secondsAgo) => new Date(Date.now() - secondsAgo * 1_000).toISOString();

/** @param {number} count @param {number} onTheirWay @returns {PhotoView[]} */
function photos(count, onTheirWay) {
  return Array.from({ length: count }, (_, place) => ({
    id: `photo-${412 - place}`,
    name: `DSC_0${412 - place}.${place % 7 === 3 ? "NEF" : "JPG"}`,
    kind: place % 7 === 3 ? "raw" : "jpeg",
    sizeBytes: 14_200_000,
    takenAt: ago(3 + place * 9),
    filedAt: ago(3 + place * 9),
    photoUrl: `/api/photos/photo-${412 - place}/preview`,
    state: place < onTheirWay ? "copying" : "stored",
    ...(place < onTheirWay ? { progress: 35 + place * 30 } : {}),
  }));
}

/** @returns {Now} */
export function live() {
  return {
    serverTime: ago(0),
    startedAt: ago(4 * 3_600),
    version: "0.1.0",
    demo: false,
    ceremonyUntil: null,
    event: { id: "garden-wedding", name: "Garden wedding", date: "2026-11-21", status: "active" },
    counts: { shot: null, held: 410, stored: 410, safe: 410, waiting: 0, failed: 0, incomplete: 0 },
    lastPhotoAt: ago(3),
    paused: false,
    sources: [
      {
        id: "hot-1",
        kind: "hot_folder",
        path: "/srv/tether",
        online: true,
        since: ago(14_000),
        lastArrivalAt: ago(3),
        held: 212,
      },
      {
        id: "hot-2",
        kind: "hot_folder",
        path: "/srv/ftp",
        online: true,
        since: ago(14_000),
        lastArrivalAt: ago(41),
        held: 198,
      },
    ],
    cameras: [
      { make: "NIKON CORPORATION", model: "NIKON Z 9", serial: "3004711", held: 212, lastAt: ago(3) },
      { make: "Canon", model: "Canon EOS R6", serial: "082031005512", held: 198, lastAt: ago(41) },
    ],
    destinations: [
      {
        id: "disk-a",
        path: "/media/ssd-a/photos",
        kind: "upload",
        up: true,
        since: ago(14_000),
        stored: 410,
        waiting: 0,
        freeBytes: 212e9,
        totalBytes: 1e12,
        speedBytesPerSecond: null,
      },
      {
        id: "disk-b",
        path: "/media/ssd-b/photos",
        kind: "upload",
        up: true,
        since: ago(14_000),
        stored: 410,
        waiting: 0,
        freeBytes: 640e9,
        totalBytes: 1e12,
        speedBytesPerSecond: 184e6,
      },
    ],
    links: {
      source: { state: "up", since: ago(14_000), what: null },
      camera: { state: "unknown", since: null, what: "a hot folder cannot tell whether a camera is connected" },
      storage: { state: "up", since: ago(14_000), what: null },
    },
    newest: photos(24, 0),
    problems: [],
    asOf: "1",
    maxAgeMs: 35_000,
  };
}

/** @param {Now} now @param {Partial<Now>} changes @returns {Now} */
export function changed(now, changes) {
  return { ...now, ...changes };
}

/** @returns {Now} */
export function empty() {
  const counts = { shot: null, held: 0, stored: 0, safe: 0, waiting: 0, failed: 0, incomplete: 0 };
  const { sources, destinations } = live();
  return changed(live(), {
    counts,
    lastPhotoAt: null,
    newest: [],
    cameras: [],
    sources: sources.slice(0, 1).map((source) => ({ ...source, lastArrivalAt: null, held: 0 })),
    destinations: destinations.map((place) => ({ ...place, stored: 0 })),
  });
}

/** @returns {Now} */
export function busy() {
  const counts = { shot: null, held: 412, stored: 301, safe: 296, waiting: 116, failed: 0, incomplete: 0 };
  const destinations = live().destinations.map((place) => ({
    ...place,
    stored: 298,
    waiting: 114,
    speedBytesPerSecond: 210e6,
  }));
  return changed(live(), { counts, destinations, newest: photos(24, 3) });
}

/** @returns {Now} */
export function trouble() {
  const { sources, destinations } = live();
  const [first, second] = destinations;
  if (!first || !second) throw new Error("two destinations");
  const reason =
    '"/media/ssd-b/photos" is not there (its mark is missing): plug it in or mount it, or name another folder if it is lost; photos wait';
  /** @type {Problem[]} */
  const problems = [
    {
      id: "destination-b",
      kind: "destination_down",
      what: second.path,
      message: reason,
      since: ago(130),
      action: null,
    },
    {
      id: "copy-1",
      kind: "copy_failed",
      what: "DSC_0388.NEF",
      message: "DSC_0388.NEF: the card reader gave an error",
      since: ago(300),
      action: "retry",
    },
    {
      id: "arrival-2",
      kind: "incomplete",
      what: "ftp/DSC_0390.NEF",
      message: "it is cut off: it lacks the end of the picture data",
      since: ago(420),
      action: null,
    },
  ];
  return changed(live(), {
    counts: { shot: null, held: 412, stored: 401, safe: 398, waiting: 13, failed: 1, incomplete: 1 },
    destinations: [first, { ...second, up: false, since: ago(130), reason, stored: 399, waiting: 13, freeBytes: null }],
    sources,
    links: { ...live().links, storage: { state: "down", since: ago(130), what: `${second.path}: ${reason}` } },
    problems,
    newest: photos(24, 0).map((photo, place) =>
      place < 4 ? { ...photo, state: place === 1 ? "failed" : "waiting" } : photo,
    ),
  });
}

/** @returns {Now} */
export function demoNow() {
  return changed(live(), { demo: true });
}

/** What a hostile camera and a hostile operator would write. @returns {Now} */
export function hostile() {
  const name = "<img src=x onerror=\"document.title='owned'\">.JPG";
  const base = live();
  return changed(base, {
    event: { id: "x", name: "<script>document.title='owned'</script>", date: "2026-11-21", status: "active" },
    cameras: base.cameras.map((camera) => ({ ...camera, model: name })),
    newest: base.newest.map((photo, place) => (place === 0 ? { ...photo, name } : photo)),
    problems: [{ id: "p", kind: "incomplete", what: name, message: name, since: ago(60), action: null }],
  });
}

/** @param {Partial<import("../contract/kilat-wire.ts").CameraRow>} row @returns {import("../contract/kilat-wire.ts").CameraRow} */
const camera = (row) => ({
  id: "z9",
  name: "NIKON Z 9",
  kind: "tethered",
  way: "cable",
  state: "ready",
  heldBy: null,
  message: null,
  since: ago(840),
  body: { make: "NIKON CORPORATION", model: "NIKON Z 9", serial: "3004711" },
  place: "USB 1-2",
  reading: null,
  lastPhotoAt: ago(3),
  shot: 212,
  shotBy: "list",
  held: 212,
  stored: 212,
  safe: 212,
  storedAt: [{ destination: "disk-a", photos: 212 }],
  missing: 0,
  lost: 0,
  cutOff: 0,
  safeToFormat: { verdict: "safe", reason: "safe to format", why: [] },
  clock: null,
  offer: null,
  older: null,
  coming: null,
  ...row,
});

/**
 * The account of a night with every kind of camera.
 * @returns {import("../contract/kilat-wire.ts").CameraList}
 */
export function account() {
  /** @param {import("../contract/kilat-wire.ts").CameraFormatWhy[]} why */
  const no = (...why) => ({ verdict: /** @type {const} */ ("not_yet"), reason: "do not format", why });
  const reading = {
    batteryPercent: 62,
    shotsLeft: 812,
    freeBytes: 48_000_000_000,
    capacityBytes: 64_000_000_000,
    lens: "NIKKOR Z 24-70mm f/2.8 S",
    exposure: "1/250 s, f/2.8, ISO 800",
    at: ago(4),
  };
  return {
    eventId: "garden-wedding",
    asOf: ago(0),
    cameras: [
      camera({
        reading,
        coming: { name: "DSC_0413.NEF", doneBytes: 23_400_000, totalBytes: 52_000_000, picture: false },
      }),
      camera({
        id: "r6",
        name: "Canon EOS R6",
        state: "gone",
        since: ago(130),
        message: "unplugged: look at its cable. What it shot since is on its card.",
        body: { make: "Canon", model: "Canon EOS R6", serial: "082031005512" },
        place: "USB 1-4",
        shot: 201,
        held: 198,
        stored: 196,
        safe: 181,
        missing: 3,
        lost: 1,
        safeToFormat: no(
          { what: "not_held", count: 2, names: ["IMG_0413.CR3", "IMG_0414.CR3"] },
          { what: "not_safe", count: 17, names: [] },
          { what: "not_seen", count: null, names: [] },
        ),
        clock: { skewMs: -192_000, text: "3 min 12 s behind", since: ago(900) },
      }),
      camera({
        id: "a7",
        name: "ILCE-7M4",
        state: "held",
        heldBy: "gvfsd-gphoto2",
        body: null,
        shot: null,
        shotBy: null,
        held: 0,
        stored: 0,
        safe: 0,
        lastPhotoAt: null,
        safeToFormat: { verdict: "unknown", reason: "", why: [{ what: "no_list", count: null, names: [] }] },
      }),
      camera({
        id: "z9-of-budi",
        name: "Z9 of Budi",
        kind: "sender",
        way: "ftp",
        state: "gone",
        since: ago(40),
        place: null,
        shot: 41,
        shotBy: "numbers",
        held: 40,
        missing: 1,
        cutOff: 1,
        stored: 40,
        safe: 40,
        safeToFormat: no(
          { what: "not_held", count: 1, names: ["DSC_0413.JPG"] },
          { what: "cut_off", count: 1, names: ["DSC_0413.JPG"] },
        ),
      }),
      camera({
        id: "card-1",
        name: "NIKON Z 9 card",
        kind: "card",
        way: null,
        body: null,
        place: "/media/NIKON Z 9",
        shot: 320,
        held: 303,
        stored: 303,
        safe: 303,
        missing: 17,
        lastPhotoAt: null,
        safeToFormat: no(
          { what: "not_held", count: 17, names: ["DSC_0500.NEF", "DSC_0501.NEF", "DSC_0502.NEF"] },
          { what: "older", count: 38, names: ["DSC_0001.NEF", "DSC_0002.NEF"] },
        ),
        offer: 17,
        older: 38,
      }),
    ],
  };
}

/**
 * How reading the card of `account` goes.
 * @param {import("../contract/kilat-wire.ts").CardImportState} state
 * @param {Partial<import("../contract/kilat-wire.ts").CardImportAnswer>} [more]
 * @returns {import("../contract/kilat-wire.ts").CardImportAnswer}
 */
export function importing(state, more = {}) {
  const told = { success: /** @type {const} */ (true), id: "card-1", name: "NIKON Z 9 card", words: "" };
  return { ...told, state, since: ago(0), tally: null, progress: null, ...more };
}

/**
 * Bodies that are only known by their files.
 * @param {Now} now @param {string} asOf @returns {import("../contract/kilat-wire.ts").CameraList}
 */
export function bodies(now, asOf) {
  const rows = now.cameras.map(({ make, model, serial, held, lastAt }, place) =>
    camera({
      id: `body-${place}`,
      name: model,
      kind: "body",
      way: null,
      state: "unknown",
      since: null,
      body: { make, model, serial },
      place: null,
      lastPhotoAt: lastAt || null,
      shot: held,
      shotBy: "numbers",
      held: held ?? 0,
      stored: held ?? 0,
      safe: held ?? 0,
      safeToFormat: { verdict: "unknown", reason: "", why: [{ what: "no_list", count: null, names: [] }] },
    }),
  );
  return { eventId: now.event?.id ?? null, cameras: rows, asOf };
}
