// The jobs whose workers are killed: the pipelines of examples/survive_a_crash with each store.

import { durable, fileStore, transactional } from "@headrace/pipeline/durable";
import { postgresStore, upsertMany as upsertManyInPostgres } from "@headrace/postgres";
import {
  openDatabase,
  type SqliteDatabase,
  transaction,
  upsertMany as upsertManyInSqlite,
} from "@headrace/sqlite";
import postgres from "postgres";
import {
  copyOrders,
  createCopy,
  createLedger,
  keepLedger,
} from "../../examples/survive_a_crash/jobs.ts";
import { readOrders } from "../../examples/survive_a_crash/orders.ts";

/** Where a job keeps what it has: a folder, or the server that the environment names. */
export interface Place {
  /** Of the API. */
  readonly api: string;
  readonly folder: string;
}

/** Runs a job to its end. */
export type RunJob = (place: Place) => Promise<void>;

const COMMIT = { items: 100, ms: 50 };

/** By store and mode. */
export const JOBS: Readonly<Record<string, RunJob>> = {
  "file acks": ({ api, folder }) =>
    withSqlite(folder, async (database) => {
      createTables(database);
      const store = fileStore(`${folder}/orders.checkpoint`);
      const job = durable(createCopy(api), { id: "orders", mode: "acks", store, commit: COMMIT });
      await job.run(readOrders(api), (rows) => upsertRows(database, "orders", rows));
    }),
  "file snapshots": ({ api, folder }) =>
    withSqlite(folder, async (database) => {
      createTables(database);
      const store = fileStore(`${folder}/ledger.checkpoint`);
      const ledger = createLedger().batch("rows", 25);
      const job = durable(ledger, { id: "ledger", mode: "snapshots", store, commit: COMMIT });
      await job.run(readOrders(api), (rows) => upsertRows(database, "ledger", rows));
    }),
  "sqlite acks": ({ api, folder }) =>
    withSqlite(folder, (database) => copyOrders(api, database).run()),
  "sqlite snapshots": ({ api, folder }) =>
    withSqlite(folder, (database) => keepLedger(api, database).run()),
  "postgres acks": ({ api }) =>
    withPostgres(async (sql) => {
      await sql`CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, customer text, cents int)`;
      const store = postgresStore(sql);
      const job = durable(createCopy(api), { id: "orders", mode: "acks", store, commit: COMMIT });
      await job.run(readOrders(api), (rows) =>
        sql.begin((tx) => upsertManyInPostgres(tx, rows, { table: "orders", key: "id" })));
    }),
  "postgres snapshots": ({ api }) =>
    withPostgres(async (sql) => {
      await sql`CREATE TABLE IF NOT EXISTS ledger (id int, cents int, balance int)`;
      const store = postgresStore(sql);
      const job = durable(createLedger(), {
        id: "ledger",
        mode: "snapshots",
        store,
        commit: COMMIT,
      });
      await job.run(
        readOrders(api),
        transactional(
          store,
          (rows: readonly object[], tx) => upsertManyInPostgres(tx, rows, { table: "ledger" }),
        ),
      );
    }),
};

/** The database of a folder. */
export function databasePath(folder: string): string {
  return `${folder}/orders.db`;
}

/** A client of the server that the environment names. */
export function connect(): postgres.Sql {
  return postgres({ max: 3, onnotice: () => {} });
}

/** A file is no database, so what comes again has to be known by its key. */
function createTables(database: SqliteDatabase): void {
  database.exec(
    "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, customer TEXT, cents INTEGER);" +
      "CREATE TABLE IF NOT EXISTS ledger (id INTEGER PRIMARY KEY, cents INTEGER, balance INTEGER)",
  );
}

function upsertRows(database: SqliteDatabase, table: string, rows: readonly object[]) {
  return transaction(database, (tx) => upsertManyInSqlite(tx, rows, { table, key: "id" }));
}

async function withSqlite(folder: string, work: (database: SqliteDatabase) => Promise<unknown>) {
  using database = await openDatabase(databasePath(folder));
  await work(database);
}

async function withPostgres(work: (sql: postgres.Sql) => Promise<unknown>) {
  const sql = connect();
  await work(sql);
  await sql.end();
}
