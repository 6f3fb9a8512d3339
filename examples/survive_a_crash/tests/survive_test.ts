import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { rm } from "node:fs/promises";
import { openDatabase } from "@headrace/sqlite";
import { countPages, createRandom, killOften, type Worker } from "../kill_often.ts";
import { OrdersApi } from "../orders_api.ts";
import { survive, workerCommand } from "../survive.ts";

const KILLS = 6;

/** A folder that is gone after the test. */
async function createFolder() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

for (const mode of ["acks", "snapshots"] as const) {
  Deno.test(`${mode}: nothing is lost, twice or wrong after ${KILLS} workers were killed`, async () => {
    await using folder = await createFolder();
    const { rows, missing, duplicates, wrong, kills } = await survive({
      mode,
      folder: folder.path,
      kills: KILLS,
      seed: 271_126,
    });
    const orders = countPages(KILLS) * 50;
    deepEqual({ rows, missing, duplicates, wrong, kills }, {
      rows: orders,
      missing: 0,
      duplicates: 0,
      wrong: 0,
      kills: KILLS,
    });
  });

  Deno.test(`${mode}: a worker that gets SIGTERM commits, and nothing comes twice`, async () => {
    await using folder = await createFolder();
    await using api = new OrdersApi(5);
    const path = `${folder.path}/orders.db`;
    const command = workerCommand(api.url, path, mode, { stdout: "piped" });
    const asked = api.allow(2);
    const first = command.spawn();
    await asked;
    first.kill("SIGTERM");
    const stopped = /^stopped: (\d+) orders/.exec(await read(await first.output()));
    api.allow(Infinity);
    const ended = /^ended: (\d+) orders/.exec(await read(await command.output()));

    equal(Number(stopped?.[1]) + Number(ended?.[1]), api.count);
    using database = await openDatabase(path);
    const table = mode === "acks" ? "orders" : "ledger";
    deepEqual({ ...database.prepare(`SELECT COUNT(*) AS rows FROM ${table}`).get() as object }, {
      rows: api.count,
    });
  });
}

Deno.test("a mode that does not exist is refused, with the usage of the worker", async () => {
  await using folder = await createFolder();
  const command = workerCommand("http://127.0.0.1:1", `${folder.path}/a.db`, "toString", {
    stderr: "piped",
  });
  const { code, stderr } = await command.output();
  equal(code, 2);
  equal(
    new TextDecoder().decode(stderr),
    "usage: ingest <url of the API> <database> --mode acks|snapshots\n",
  );
});

Deno.test("a worker that fails says why in one line, and its code is 1", async () => {
  await using folder = await createFolder();
  const missing = `${folder.path}/none/a.db`;
  for (const path of [`${folder.path}/a.db`, folder.path, missing]) {
    const command = workerCommand("http://127.0.0.1:1", path, "snapshots", { stderr: "piped" });
    const { code, stderr } = await command.output();
    equal(code, 1);
    match(new TextDecoder().decode(stderr), /^error: .+\n$/);
  }
});

Deno.test("a worker says why it cannot reach the API", async () => {
  await using folder = await createFolder();
  const api = new OrdersApi(1);
  const { url } = api;
  await api[Symbol.asyncDispose]();
  const path = `${folder.path}/a.db`;
  const { code, stderr } = await workerCommand(url, path, "acks", { stderr: "piped" }).output();
  equal(code, 1);
  match(new TextDecoder().decode(stderr), /^error: .*Connection refused.*\n$/);
});

Deno.test("a worker that ends by itself, or fails at last, is no survivor", async () => {
  const random = createRandom(1);
  for (
    const [kills, expected] of [[1, /has ended before/], [0, /last worker has failed/]] as const
  ) {
    await using api = new OrdersApi(1);
    const status = Promise.resolve({ success: false });
    const start = (): Worker => ({ kill: () => {}, status });
    await rejects(killOften({ start, api, kills, random }), expected);
  }
});

async function read({ code, stdout }: Deno.CommandOutput): Promise<string> {
  equal(code, 0);
  return await new Response(stdout).text();
}
