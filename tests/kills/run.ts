// Kills the workers of each job, and says for each what is in its table afterwards. `deno task kills`
// starts it, with what it asks for.

import process from "node:process";
import { fileURLToPath } from "node:url";
import { openDatabase } from "@headrace/sqlite";
import { type CountedRow, countRows } from "../../examples/survive_a_crash/count_rows.ts";
import { countPages, createRandom, killOften } from "../../examples/survive_a_crash/kill_often.ts";
import { OrdersApi } from "../../examples/survive_a_crash/orders_api.ts";
import { findServer } from "../../packages/postgres/tests/support/server.ts";
import { connect, databasePath, JOBS } from "./jobs.ts";
import { type Killed, KILLS_MARK, type KillsRequest } from "./request.ts";

const { kills, seed }: KillsRequest = JSON.parse(process.argv[2]!);
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

await namePostgres();
for (const [index, name] of Object.keys(JOBS).entries()) {
  console.log(KILLS_MARK + JSON.stringify(await killWorkers(name, seed + index)));
}
// The server ends with this process.
process.exit();

async function killWorkers(name: string, seed: number): Promise<Killed> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-kills-" });
  const pages = countPages(kills);
  await using api = new OrdersApi(pages);
  try {
    const start = () => startWorker(api.url, folder, name);
    await killOften({ start, api, kills, random: createRandom(seed) });
    const counts = countRows(await readRows(name, folder), api.count);
    return { name, kills, orders: api.count, pages, askedAgain: api.askedAgain, ...counts };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function startWorker(api: string, folder: string, name: string): Deno.ChildProcess {
  const server = `127.0.0.1:${process.env.PGPORT}`;
  const command = new Deno.Command(process.execPath, {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check", "--config", path("deno.json")],
      ...[`--allow-net=${new URL(api).host},${server}`, "--allow-env"],
      ...[`--allow-read=${folder}`, `--allow-write=${folder}`],
      ...[path("worker.ts"), api, folder, name],
    ],
    stdin: "null",
    stdout: "null",
  });
  return command.spawn();
}

async function readRows(name: string, folder: string): Promise<readonly CountedRow[]> {
  const query = `SELECT * FROM ${name.endsWith("acks") ? "orders" : "ledger"}`;
  if (name.startsWith("postgres")) {
    const sql = connect();
    const rows = await sql.unsafe<CountedRow[]>(query);
    await sql.end();
    return rows;
  }
  using database = await openDatabase(databasePath(folder));
  // The cast: both tables have these columns.
  return database.prepare(query).all() as unknown as CountedRow[];
}

/** Starts a server, and names it to the workers where no process list shows it. */
async function namePostgres(): Promise<void> {
  const { host, port, username, password, database } = await findServer();
  Object.assign(process.env, {
    PGHOST: String(host),
    PGPORT: String(port),
    PGUSERNAME: username,
    PGPASSWORD: String(password),
    PGDATABASE: database,
  });
}
