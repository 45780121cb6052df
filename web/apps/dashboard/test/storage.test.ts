import assert from "node:assert/strict";
import { test } from "node:test";
import {
  address,
  type Draft,
  destinationOf,
  EMPTY,
  flaws,
  isTouched,
  type PlaceKind,
} from "../src/pages/storage/address.js";
import { mediumOf, placesOf, roomOf } from "../src/pages/storage/places.js";
import { live } from "./states.js";

function draft(kind: PlaceKind, values: Record<string, string>, more: Partial<Draft> = {}): Draft {
  const own = Object.fromEntries(Object.entries(values).map(([name, value]) => [`${kind}.${name}`, value]));
  return { ...EMPTY, name: "place", kind, values: own, ...more };
}

test("each kind of place makes the address that the manual names", () => {
  const cases: [PlaceKind, Record<string, string>, string][] = [
    ["disk", { folder: " /media/red ssd " }, "/media/red ssd"],
    ["vault", { folder: "/media/safe", password: "x" }, "restic:/media/safe"],
    ["s3", { bucket: "studio" }, "s3://studio"],
    [
      "s3",
      { bucket: "studio", prefix: "/ka lat/", endpoint: "https://s3.example:9000/", region: "auto" },
      "s3://studio/ka%20lat?endpoint=https%3A%2F%2Fs3.example%3A9000&region=auto",
    ],
    ["webdav", { url: "https://cloud.example/dav/photos" }, "webdavs://cloud.example/dav/photos"],
    ["webdav", { url: "http://nas:8080/" }, "webdav://nas:8080/"],
    ["sftp", { host: "nas", account: "kilat", path: "~/photos" }, "sftp://kilat@nas/~/photos"],
    [
      "sftp",
      { host: "nas", port: "2222", account: "a@b", path: "/srv/my photos" },
      "sftp://a%40b@nas:2222/srv/my%20photos",
    ],
    ["drive", {}, "gdrive://root/Kilat"],
    ["drive", { top: "1AbC", path: "" }, "gdrive://1AbC"],
  ];
  for (const [kind, values, text] of cases) assert.equal(address(draft(kind, values)), text);
});

test("no secret stands in an address, and empty ones are not sent", () => {
  const given = draft("s3", { bucket: "b", access_key_id: "AK", secret_access_key: " s3cret ", session_token: "" });
  const sent = destinationOf(given);
  assert.deepEqual(sent.secrets, { access_key_id: "AK", secret_access_key: " s3cret " });
  assert.doesNotMatch(sent.url, /AK|s3cret/);
  const key = destinationOf(draft("sftp", { host: "h", account: "a", path: "/p", key: "BEGIN\nEND\n\n" }));
  assert.deepEqual(key.secrets, { key: "BEGIN\nEND\n" });
});

test("what is missing is named by its field", () => {
  assert.deepEqual(flaws(EMPTY), { name: "needed", folder: "needed" });
  assert.deepEqual(flaws(draft("disk", { folder: "/x" }, { name: "red ssd" })), { name: "badName" });
  assert.deepEqual(flaws(draft("webdav", { url: "cloud.example" })), { url: "badUrl" });
  assert.deepEqual(flaws(draft("webdav", { url: "https://me:pw@cloud.example" })), { url: "badUrl" });
  assert.deepEqual(flaws(draft("sftp", { host: "h", account: "a", path: "/p" })), { password: "needsLogin" });
  assert.deepEqual(flaws(draft("sftp", { host: "h", account: "a", path: "/p", key: "k" })), {});
  assert.deepEqual(flaws(draft("vault", { folder: "/x" })), { password: "needed" });
});

test("a look at another kind of place loses nothing that was typed", () => {
  const typed = draft("s3", { bucket: "studio" });
  assert.equal(address({ ...typed, kind: "disk" }), "");
  assert.equal(address(typed), "s3://studio");
  assert.ok(isTouched(typed) && !isTouched(EMPTY));
});

test("an address says what it is", () => {
  assert.equal(mediumOf("/media/x"), "disk");
  assert.equal(mediumOf("webdavs://h/p"), "web_dav");
  assert.equal(mediumOf("restic:/x"), "vault");
});

test("what takes no copies comes first, and what nobody counted is not zero", () => {
  const view = {
    id: "a",
    kind: "backup",
    path: "/media/a",
    since: "2026-11-21T16:00:00Z",
    up: true,
    stored: 0,
    waiting: 0,
    freeBytes: null,
    totalBytes: null,
    speedBytesPerSecond: null,
  } as const;
  const state = live({
    destinations: [
      view,
      { ...view, id: "b", kind: "upload", stored: 7 },
      { ...view, id: "disk-f6180272", path: "/x/laptop", up: false },
    ],
  });
  const places = placesOf({ now: state, rows: null, disks: null, safety: null });
  assert.deepEqual(
    places.map(({ name, copies }) => [name, copies]),
    [
      ["laptop", null],
      ["b", 7],
      ["a", null],
    ],
  );
  assert.equal(roomOf({ freeBytes: null }), "enough");
  assert.equal(roomOf({ freeBytes: 4e9 }), "low");
  assert.equal(roomOf({ freeBytes: 4e8 }), "critical");
});
