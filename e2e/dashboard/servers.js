// @ts-check
// Real servers for storage beyond disks: S3 (s3s-fs), WebDAV (rclone), SFTP (OpenSSH), each on a free port of this
// machine; and a stand-in for Google's door, which knows nobody. scripts/servers.sh installs the programs.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A program from the search path, or from where scripts/setup.sh puts it. @param {string} name */
function program(name) {
  const builds = [join(fileURLToPath(new URL("../../target", import.meta.url)))];
  for (let at = dirname(process.env["KILAT_BIN"] ?? "/"); at !== dirname(at); at = dirname(at)) builds.push(at);
  const tools = builds.flatMap((build) => ["s3s-fs", "rclone"].map((tool) => join(build, "tools", tool, "bin")));
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", ...tools];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  assert.ok(found, `${name} is missing: run scripts/servers.sh, or make test, once`);
  return found;
}

/**
 * Starts one and waits for the line that says where it answers.
 * @param {string} name @param {string[]} words @param {RegExp} where @param {Record<string, string>} [env]
 */
async function begin(name, words, where, env = {}) {
  const child = spawn(program(name), words, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", ...env },
  });
  let said = "";
  const address = await new Promise((found, failed) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part) => {
        said += part;
        const address = where.exec(said)?.[1];
        if (address) found(address);
      });
    child.once("exit", () => failed(new Error(`${name} did not start: ${said}`)));
  });
  const close = () => {
    child.kill("SIGKILL");
  };
  return { address: /** @type {string} */ (address), close };
}

/** With the bucket `photos`, for KILATKEY with kilat-secret. @param {string} folder */
export async function s3(folder) {
  mkdirSync(join(folder, "photos"), { recursive: true });
  const words = ["--host", "127.0.0.1", "--port", "0", "--access-key", "KILATKEY", "--secret-key", "kilat-secret"];
  return begin("s3s-fs", [...words, folder], /server is running at http:\/\/([\d.:]+)/, { RUST_LOG: "info" });
}

/** For kilat with kilat-secret. @param {string} folder */
export async function webdav(folder) {
  mkdirSync(folder, { recursive: true });
  const words = ["serve", "webdav", "--addr", "127.0.0.1:0", "--user", "kilat", "--pass", "kilat-secret"];
  return begin("rclone", [...words, "-v", "--config", "/dev/null", folder], /http:\/\/([\d.:]+)/);
}

/** For the account that runs this, by a key; `stranger` is one that it does not know. @param {string} folder */
export async function sftp(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of ["host", "client", "stranger"])
    execFileSync(program("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  renameSync(join(folder, "client.pub"), join(folder, "authorized"));
  const config = [
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized`,
    "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no",
    "PermitRootLogin yes\nSubsystem sftp internal-sftp\n",
  ];
  writeFileSync(join(folder, "config"), config.join("\n"));
  // It leaves its rights behind in this folder, which the system's start scripts make elsewhere.
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
  const sshd = program("sshd");
  // One process for each connection, as inetd starts them: no port to guess.
  const listener = createServer({ pauseOnConnect: true }, (socket) => {
    spawn(sshd, ["-i", "-e", "-f", join(folder, "config")], { stdio: [socket, socket, "ignore"] });
    socket.destroy();
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (listener.address());
  const key = (/** @type {string} */ name) => readFileSync(join(folder, name), "utf8");
  return {
    port: `${port}`,
    user: userInfo().username,
    key: key("client"),
    stranger: key("stranger"),
    close: () => void listener.close(),
  };
}

/** Google's door, as it answers to a client that it does not know. Its whole service is no part of this. */
export async function google() {
  const server = createHttp((request, response) => {
    request.resume();
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: "invalid_client", error_description: "The OAuth client was not found." }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return { address: `127.0.0.1:${port}`, close: () => void server.close() };
}
