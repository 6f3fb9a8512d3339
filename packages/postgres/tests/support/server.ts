// A PostgreSQL of the machine, on loopback, on a port of its own and with files of its own. It ends with
// this process, however that ends.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import postgres from "postgres";

const PACKAGE = "postgresql-15";
const PROGRAMS = "/usr/lib/postgresql";
/** It refuses to run as root. */
const USER = "postgres";
const START_WITHIN_MS = 15_000;

/** Ends the server and removes its files when its input ends: with the process that holds the other end. */
const WATCH =
  'postgres=$1; folder=$2; shift 2; "$postgres" "$@" </dev/null >"$folder/log" 2>&1 & pid=$!; ' +
  'cat >/dev/null; kill -QUIT $pid; wait $pid; rm -rf "$folder"';

let started: Promise<postgres.Options<Record<string, never>>> | undefined;

/** How to connect to the server of this process; it is started when it is first asked for. */
export function findServer(): Promise<postgres.Options<Record<string, never>>> {
  return started ??= startServer();
}

async function startServer(): Promise<postgres.Options<Record<string, never>>> {
  const programs = findPrograms();
  if (programs === undefined) {
    throw new Error(`These tests start a PostgreSQL of their own: apt-get install ${PACKAGE}`);
  }
  const folder = mkdtempSync(join(tmpdir(), "headrace-postgres-"));
  const asUser = process.getuid?.() === 0 ? giveAway(folder) : [];
  const password = randomBytes(16).toString("hex");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password, { mode: 0o644 });

  const data = join(folder, "data");
  const init = [
    join(programs, "initdb"),
    "--pgdata",
    data,
    "--username",
    USER,
    "--pwfile",
    passwordFile,
  ];
  run([
    ...asUser,
    ...init,
    "--auth",
    "scram-sha-256",
    "--encoding",
    "UTF8",
    "--locale",
    "C.UTF-8",
    "--no-sync",
  ]);

  const port = await findPort();
  const settings = [
    "-D",
    data,
    "-h",
    "127.0.0.1",
    "-p",
    `${port}`,
    "-c",
    "unix_socket_directories=",
  ];
  const command = [
    ...asUser,
    "sh",
    "-c",
    WATCH,
    "sh",
    join(programs, "postgres"),
    folder,
    ...settings,
  ];
  // Tests of crashes end connections, and not the machine.
  command.push("-c", "fsync=off", "-c", "max_connections=200");
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ["pipe", "ignore", "ignore"],
    cwd: tmpdir(),
  });
  child.unref();
  (child.stdin as unknown as { unref?(): void }).unref?.();

  const options = { host: "127.0.0.1", port, username: USER, password, database: "postgres" };
  await waitUntilReady(options, join(folder, "log"));
  return options;
}

function findPrograms(): string | undefined {
  const versions = existsSync(PROGRAMS) ? readdirSync(PROGRAMS) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))
    .find((version) => existsSync(join(PROGRAMS, version, "bin", "initdb")));
  return newest === undefined ? undefined : join(PROGRAMS, newest, "bin");
}

/** Gives a folder to the user that the server runs as; what a command begins with to run as that one. */
function giveAway(folder: string): string[] {
  const ids = ["-u", "-g"].map((flag) => Number(run(["id", flag, USER])));
  chownSync(folder, ids[0]!, ids[1]!);
  return ["setpriv", `--reuid=${ids[0]}`, `--regid=${ids[1]}`, "--clear-groups"];
}

function run([program, ...args]: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program!, args, {
    encoding: "utf8",
    cwd: tmpdir(),
  });
  if (status !== 0) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${stderr}`, { cause: error });
  }
  return stdout;
}

function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function waitUntilReady(
  options: postgres.Options<Record<string, never>>,
  log: string,
): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    const sql = postgres({ ...options, max: 1, connect_timeout: 2, onnotice: () => {} });
    try {
      await sql`SELECT 1`;
      return;
    } catch (error) {
      if (Date.now() < deadline) continue;
      throw new Error(`PostgreSQL has not started:\n${readFileSync(log, "utf8")}`, {
        cause: error,
      });
    } finally {
      await sql.end({ timeout: 0 });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
