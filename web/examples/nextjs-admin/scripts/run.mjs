// What the scripts of package.json start: Next, Kilat, or both with a made-up shoot. No dependencies.
//
//   next dev|build|start    Next.js on port 3000 (PORT)
//   kilat serve [debug]     Kilat on port 3001 (WS_PORT), its photos below ./data
//   full                    `kilat demo` and `next dev` together; the end of one ends the other
//
// Kilat is KILAT_BIN, or `kilat` of the PATH, or what was built in this repository.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const built = fileURLToPath(new URL("../../../../target/", import.meta.url));
for (const name of [".env.local", ".env"]) {
  // What the environment has already stays.
  if (existsSync(join(here, name))) process.loadEnvFile(join(here, name));
}
const { WS_PORT = "3001", PORT = "3000" } = process.env;

function kilat(...args) {
  const named = (folder) => join(folder, process.platform === "win32" ? "kilat.exe" : "kilat");
  const places = [
    ...(process.env["PATH"] ?? "").split(delimiter).map(named),
    named(join(built, "release")),
    named(join(built, "debug")),
  ];
  const program = process.env["KILAT_BIN"] || places.find((path) => existsSync(path));
  if (!program) {
    console.error("kilat is missing: put it on the PATH, name it in KILAT_BIN, or run cargo build -p kilat");
    process.exit(127);
  }
  const address = `127.0.0.1:${WS_PORT}`;
  // On a developer's machine nobody signs in. Both are for this machine only; README.md says what production does.
  const doors = ["--listen", address, "--ws-listen", address, "--anonymous", "operator"];
  const origins = [`http://localhost:${PORT}`, `http://127.0.0.1:${PORT}`];
  const env = {
    KILAT_ORIGINS: process.env["KILAT_ORIGINS"] ?? origins.join(","),
    ...(args[1] === "debug" && { KILAT_LOG: "debug" }),
  };
  return start(program, [args[0] ?? "serve", ...doors], process.cwd(), env);
}

function next(command) {
  const program = createRequire(import.meta.url).resolve("next/dist/bin/next");
  return start(process.execPath, [program, command], here, { NEXT_TELEMETRY_DISABLED: "1", PORT });
}

/** @type {import("node:child_process").ChildProcess[]} */
const children = [];

function start(program, args, cwd, env) {
  const child = spawn(program, args, { cwd, stdio: "inherit", env: { ...process.env, ...env } });
  children.push(child);
  child.on("error", (error) => {
    console.error(`cannot start ${program}: ${error.message}`);
    process.exitCode = 127;
  });
  child.on("exit", (code, signal) => {
    process.exitCode ??= code ?? 128 + (constants.signals[signal] ?? 0);
    end();
  });
  return child;
}

let isEnding = false;

/** Once: a second signal would make Kilat stop before its copies are whole. */
function end() {
  if (isEnding) return;
  isEnding = true;
  for (const child of children) if (child.exitCode === null) child.kill("SIGTERM");
}

process.on("SIGTERM", end);
// Ctrl-C in a terminal reaches all of them by itself.
process.on("SIGINT", () => {
  isEnding = true;
});

const [what, ...args] = process.argv.slice(2);
if (what === "next") next(args[0] ?? "dev");
else if (what === "kilat") kilat(...args);
else if (what === "full") {
  kilat("demo");
  next("dev");
} else {
  console.error("say what: next dev|build|start, kilat serve [debug], or full");
  process.exitCode = 2;
}
