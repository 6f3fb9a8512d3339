import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openDatabase } from "@headrace/sqlite";
import { type CountedRow, countRows, type Counts } from "./count_rows.ts";
import type { INGESTIONS } from "./jobs.ts";
import { countPages, createRandom, killOften } from "./kill_often.ts";
import { OrdersApi } from "./orders_api.ts";

export type Mode = keyof typeof INGESTIONS;

const TABLES: Readonly<Record<Mode, string>> = { acks: "orders", snapshots: "ledger" };
const HERE = new URL("./", import.meta.url);

/** Options of {@linkcode survive}. */
export interface SurviveOptions {
  readonly mode: Mode;
  /** Where the database is made; it must exist. */
  readonly folder: string;
  readonly kills: number;
  /** Of the moments. */
  readonly seed: number;
}

/** How it went. */
export interface Survived extends Counts {
  readonly mode: Mode;
  readonly kills: number;
  /** How many orders the API lists, and on how many pages. */
  readonly orders: number;
  readonly pages: number;
  /** How many pages were asked for more than once, each time counted. */
  readonly askedAgain: number;
}

/** Has workers copy all orders of an API, kills all but the last one, and counts the rows. */
export async function survive({ mode, folder, kills, seed }: SurviveOptions): Promise<Survived> {
  const path = `${folder}/${mode}-${seed}.db`;
  const pages = countPages(kills);
  await using api = new OrdersApi(pages);
  const start = () => workerCommand(api.url, path, mode).spawn();
  await killOften({ start, api, kills, random: createRandom(seed) });
  using database = await openDatabase(path);
  // The cast: both tables have these columns.
  const rows = database.prepare(`SELECT * FROM ${TABLES[mode]}`).all() as unknown as CountedRow[];
  const { count: orders, askedAgain } = api;
  return { mode, kills, orders, pages, askedAgain, ...countRows(rows, orders) };
}

/** The worker's command: it may talk to the API, and write beside its database. */
export function workerCommand(
  api: string,
  path: string,
  mode: string,
  options: Deno.CommandOptions = {},
): Deno.Command {
  const folder = dirname(path);
  return new Deno.Command(process.execPath, {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check"],
      ...[`--allow-net=${new URL(api).host}`, `--allow-read=${folder}`, `--allow-write=${folder}`],
      ...["--config", fileURLToPath(new URL("deno.json", HERE))],
      ...[fileURLToPath(new URL("ingest.ts", HERE)), api, path, "--mode", mode],
    ],
    stdin: "null",
    stdout: "null",
    ...options,
  });
}
