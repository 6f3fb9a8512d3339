import { deepEqual, rejects } from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { openDatabase } from "@headrace/sqlite";
import { followLogs } from "../follow_logs.ts";
import type { Alert } from "../pipeline.ts";
import { messagesOf } from "./helpers/follower.ts";
import { Inbox } from "./helpers/inbox.ts";
import { lineOf } from "./helpers/log_file.ts";

async function follow(folder: string, names: readonly string[]) {
  const database = await openDatabase(":memory:");
  const alerts = new Inbox<Alert>();
  const troubles: string[] = [];
  const stopper = new AbortController();
  const following = followLogs({
    files: names.map((name) => join(folder, name)),
    host: "here",
    database,
    isRemembered: false,
    size: 1,
    maxWaitMs: 1,
    pollMs: 1,
    stop: stopper.signal,
    send: alerts.put,
    retry: { maxAttempts: 1, backoffMs: 0 },
    timeoutMs: 60_000,
  }, (file) => ({
    badLine: () => {},
    trouble: (message) => troubles.push(`${basename(file)}: ${message}`),
    undelivered: () => {},
  }));
  const stop = async () => {
    stopper.abort();
    const totals = await following;
    database.close();
    return totals;
  };
  const take = async () => {
    const alert = await alerts.take();
    return [basename(alert.file), ...messagesOf(alert)];
  };
  return { take, stop, following, troubles, close: () => database.close() };
}

async function createFolder() {
  const path = await mkdtemp(join(tmpdir(), "follow-logs-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

Deno.test("followLogs() follows each log for itself, those that come later as well", async () => {
  await using folder = await createFolder();
  await writeFile(join(folder.path, "one.log"), lineOf(1, "error"));
  const { take, stop } = await follow(folder.path, ["*.log", "named"]);
  deepEqual(await take(), ["one.log", "message 1"]);
  await writeFile(join(folder.path, "two.log"), lineOf(2, "error"));
  deepEqual(await take(), ["two.log", "message 2"]);
  await writeFile(join(folder.path, "named"), lineOf(3, "error"));
  deepEqual(await take(), ["named", "message 3"]);
  const { lines, errors, alerts } = await stop();
  deepEqual({ lines, errors, alerts }, { lines: 3, errors: 3, alerts: 3 });
});

Deno.test("followLogs() fails with what one of the logs fails with", async () => {
  await using folder = await createFolder();
  await using other = await createFolder();
  const { following, close } = await follow(folder.path, ["one.log", `../${basename(other.path)}`]);
  await rejects(following, /Only a file can be followed, and "\/.*" is none/);
  close();
});

Deno.test({
  name: "followLogs() waits for a file of a pattern that may not be read, and says so once",
  // For root, all may be read.
  ignore: Deno.uid() === 0,
  async fn() {
    await using folder = await createFolder();
    const path = join(folder.path, "one.log");
    await writeFile(path, lineOf(1, "error"));
    await chmod(path, 0);
    const { take, stop, troubles } = await follow(folder.path, ["*.log"]);
    while (troubles.length === 0) await new Promise((resolve) => setTimeout(resolve));
    await chmod(path, 0o600);
    deepEqual(await take(), ["one.log", "message 1"]);
    await stop();
    deepEqual(troubles, ["one.log: The log may not be read: EACCES"]);
  },
});
