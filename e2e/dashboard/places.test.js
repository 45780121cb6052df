// @ts-check
// Each kind of storage, added through the form on a phone: a wrong secret is said plainly, the right one lets Kilat in,
// its test succeeds, and a photo arrives there and is proven.

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch, open } from "../open.js";
import { fits, hasLink, isAccessible } from "./page.js";
import { folderOfKilat, get, jpeg, until } from "./program.js";
import { google, s3, sftp, webdav } from "./servers.js";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {ReturnType<typeof folderOfKilat>} */
let kilat;
/** @type {{ close: () => void }[]} */
const servers = [];
before(async () => {
  kilat = folderOfKilat();
  browser = await launch();
});
after(async () => {
  for (const { close } of servers) close();
  await browser.close();
  kilat.remove();
});

/** @param {string} root */
const files = (root) => readdirSync(root, { recursive: true }).map((name) => `${name}`);

test("S3, WebDAV, SFTP and an encrypted disk are added by their forms, tested, and get a photo that is proven there", async () => {
  const places = Object.fromEntries(
    ["s3", "webdav", "sftp", "vault"].map((name) => [name, join(kilat.folder, "places", name)]),
  );
  const s3Server = await s3(places["s3"] ?? "");
  const webdavServer = await webdav(places["webdav"] ?? "");
  const sftpServer = await sftp(join(kilat.folder, "sshd"));
  const door = await google();
  servers.push(s3Server, webdavServer, sftpServer, door);
  const server = await kilat.start();
  // A vault with a password of its own stood on that disk before.
  const made = await kilat.run(["destination", "add", "old", `restic:${places["vault"]}`], "password=the right one\n");
  assert.equal(made.code, 0, made.said);
  assert.equal((await kilat.run(["destination", "remove", "old"])).code, 0);

  const { page, done } = await open(browser, server.link, { viewport: { width: 360, height: 740 } });
  await hasLink(page, "live");
  /** @type {{ kind: string, use: string, fields: Record<string, string>, secret: string, wrong: string, right: string, says: RegExp }[]} */
  const forms = [
    {
      kind: "s3",
      use: "Every photo at once",
      fields: {
        Bucket: "photos",
        "Folder in it (optional)": "wedding copies",
        "Server (optional)": `http://${s3Server.address}`,
        "Region (optional)": "us-east-1",
        "Access key id": "KILATKEY",
      },
      secret: "Secret access key",
      wrong: "not the secret",
      right: "kilat-secret",
      says: /credentials|key|not allowed|refuse/i,
    },
    {
      kind: "webdav",
      use: "Every photo at once",
      fields: { Address: `http://${webdavServer.address}/wedding`, "User name (optional)": "kilat" },
      secret: "Password (optional)",
      wrong: "not the secret",
      right: "kilat-secret",
      says: /password|credentials|user/i,
    },
    {
      kind: "sftp",
      use: "Every photo at once",
      fields: {
        Server: "127.0.0.1",
        "Port (optional)": sftpServer.port,
        "User name": sftpServer.user,
        Folder: `${places["sftp"]}`,
      },
      secret: "Private key (optional)",
      wrong: sftpServer.stranger,
      right: sftpServer.key,
      says: /key|password|credentials/i,
    },
    {
      kind: "vault",
      use: "Whole events, by backups",
      fields: { "Folder on that computer": `${places["vault"]}` },
      secret: "Password",
      wrong: "not the password",
      right: "the right one",
      says: /password does not open/,
    },
  ];
  for (const { kind, use, fields, secret, wrong, right, says } of forms) {
    await page.evaluate(() => {
      location.hash = "#/storage/add";
    });
    const form = page.locator("dialog .storage-form").first();
    await form.getByLabel("What it is").selectOption(kind);
    await form.getByLabel("Its name").fill(`my-${kind}`);
    for (const [label, value] of Object.entries(fields)) await form.getByLabel(label, { exact: true }).fill(value);
    await form.getByText(use, { exact: true }).click();
    await form.getByLabel(secret, { exact: true }).fill(wrong);
    await fits(page);
    await form.getByRole("button", { name: "Test and add" }).click();
    await page.waitForSelector('.storage-answer:has-text("Refused")');
    const answer = (await page.textContent(".storage-answer")) ?? "";
    assert.match(answer, says);
    assert.ok(!answer.includes(wrong), answer);
    await fits(page);
    assert.ok(!(await kilat.run(["destination", "list"])).said.includes(`my-${kind}`), "nothing was added");
    // What was typed is still there: only the secret is put right.
    await form.getByLabel(secret, { exact: true }).fill(right);
    await form.getByRole("button", { name: "Test and add" }).click();
    await page.waitForSelector("dialog", { state: "detached" });
    const card = page.locator(`[data-place="my-${kind}"]`);
    await card.getByText("Ready", { exact: true }).waitFor();
    await card.getByRole("button", { name: `Test: my-${kind}` }).click();
    await card.locator('.command-word.is-done:has-text("Answered in")').waitFor();
    await fits(page);
  }
  await isAccessible(page);
  const listed = (await kilat.run(["destination", "list"])).said;
  for (const { kind, right } of forms) {
    assert.ok(listed.includes(`my-${kind}`), listed);
    assert.ok(!listed.includes(right), "no secret is listed");
  }

  kilat.shoot("DSC_0001.JPG", await jpeg(browser, 200));
  for (const kind of ["s3", "webdav", "sftp"])
    await page.locator(`[data-place="my-${kind}"]`).getByText("1 photo of this event, checked").waitFor();
  const [photo] = (await get(page, "/api/photos")).photos;
  const { copies } = await get(page, `/api/photos/${photo.id}`);
  for (const kind of ["s3", "webdav", "sftp"]) {
    const copy = copies.find((/** @type {any} */ one) => one.destination === `my-${kind}`);
    assert.equal(copy?.state, "stored", kind);
    assert.ok(copy.readBack, `${kind}: how it was read back`);
    assert.ok(
      files(places[kind] ?? "").some((name) => name.endsWith("DSC_0001.JPG")),
      `${kind}: the file stands there`,
    );
  }
  // An encrypted disk takes whole events.
  await page.evaluate(() => {
    location.hash = "#/backups/start";
  });
  await page.click('dialog button:has-text("Start")');
  await page.waitForSelector("dialog", { state: "detached" });
  await until("the backup ends", async () =>
    (await get(page, "/api/admin/backup/status")).data.allBackups.some(
      (/** @type {any} */ run) => run.destination === "my-vault" && run.phase === "completed",
    ),
  );
  await page.waitForSelector('.backups-place:has-text("my-vault"):has-text("all checked")');
  assert.ok(existsSync(join(places["vault"] ?? "", "snapshots")));

  // Google itself is not here: what is sent is what Google would be asked for, and its refusal is said.
  /** @type {any} */
  let asked;
  await page.route(/\/api\/admin\/destinations\?*$/, async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    asked = route.request().postDataJSON();
    const there = { ...asked, url: `${asked.url}?endpoint=http://${door.address}` };
    return route.fulfill({ response: await route.fetch({ postData: JSON.stringify(there) }) });
  });
  await page.evaluate(() => {
    location.hash = "#/storage/add";
  });
  const form = page.locator("dialog .storage-form").first();
  await form.getByLabel("What it is").selectOption("drive");
  await form.getByLabel("Its name").fill("my-drive");
  const secrets = { client_id: "id.apps.googleusercontent.com", client_secret: "shh", refresh_token: "1//token" };
  for (const [name, label] of [
    ["client_id", "Client id"],
    ["client_secret", "Client secret"],
    ["refresh_token", "Refresh token"],
  ])
    await form.getByLabel(label ?? "", { exact: true }).fill(secrets[/** @type {"client_id"} */ (name)]);
  await form.getByRole("button", { name: "Test and add" }).click();
  await page.waitForSelector('.storage-answer:has-text("Refused")');
  assert.match((await page.textContent(".storage-answer")) ?? "", /client|Google/i);
  const sent = {
    name: "my-drive",
    url: "gdrive://root/Kilat",
    kind: "backup",
    offSite: false,
    secrets,
    untested: false,
  };
  assert.deepEqual(asked, sent);
  await page.click('dialog button:has-text("Add it all the same")');
  await page.click('[data-place="my-drive"] button:has-text("Test")');
  await page.waitForSelector('[data-place="my-drive"] .command-word.is-refused:has-text("client")');
  await fits(page);

  await page.click('[data-place="my-drive"] button:has-text("Remove")');
  await page.click('dialog button:has-text("Remove it")');
  await page.waitForSelector('[data-place="my-drive"]', { state: "detached" });
  assert.ok(!(await kilat.run(["destination", "list"])).said.includes("my-drive"));
  await done();
});
