import { fetchOk } from "@headrace/http";
import { StreamingPipeline } from "@headrace/pipeline";
import {
  durable,
  type DurableJob,
  type JobResult,
  transactional,
} from "@headrace/pipeline/durable";
import { type SqliteDatabase, sqliteStore, transaction, upsertMany } from "@headrace/sqlite";
import { type Order, readOrders } from "./orders.ts";

/** An order with the name of its customer. */
export interface OrderRow {
  readonly id: number;
  readonly customer: string;
  readonly cents: number;
}

/** An order with the sum of all orders up to it. */
export interface LedgerRow {
  readonly id: number;
  readonly cents: number;
  readonly balance: number;
}

/** A job, and how it is run. */
export interface Ingestion {
  readonly job: Pick<DurableJob<Order, unknown>, "stop">;
  run(): Promise<JobResult>;
}

/** What is kept of a job's progress, and how often: seldom enough to be cheap. */
const COMMIT = { items: 100, ms: 50 };

/** Asks for the name of each customer, eight at a time, and collects rows; keeps nothing else. */
export function createCopy(api: string): StreamingPipeline<Order, readonly OrderRow[]> {
  return StreamingPipeline.start<Order>()
    .map("named", async ({ id, customer, cents }, _index, { signal }): Promise<OrderRow> => {
      const answer = await fetchOk(new URL(`/customers/${customer}`, api), { signal });
      return { id, customer: (await answer.json()).name, cents };
    }, { concurrencyLimit: 8, ordered: false, retry: 3 })
    .batch("rows", { size: 25, maxWaitMs: 20 });
}

/** Sums up all orders: the state of this pipeline is what must not be lost, nor counted twice. */
export function createLedger(): StreamingPipeline<Order, LedgerRow> {
  return StreamingPipeline.start<Order>()
    .scan(
      "ledger",
      ({ balance }, { id, cents }): LedgerRow => ({ id, cents, balance: balance + cents }),
      { id: 0, cents: 0, balance: 0 },
    );
}

/**
 * The mode `acks`: an order is done when its row is in the table. A crash brings orders again that
 * were in flight; existing rows are overwritten with the same.
 */
export function copyOrders(api: string, database: SqliteDatabase): Ingestion {
  database.exec(
    "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, customer TEXT, cents INTEGER)",
  );
  const store = sqliteStore(database);
  const job = durable(createCopy(api), { id: "orders", mode: "acks", store, commit: COMMIT });
  const write = (rows: readonly OrderRow[]) =>
    transaction(database, (tx) => upsertMany(tx, rows, { table: "orders", key: "id" }));
  return { job, run: () => job.run(readOrders(api), write) };
}

/**
 * The mode `snapshots`: rows, the balance so far and the position are committed together. The table
 * has no key on purpose: a row that came twice would be there twice.
 */
export function keepLedger(api: string, database: SqliteDatabase): Ingestion {
  database.exec("CREATE TABLE IF NOT EXISTS ledger (id INTEGER, cents INTEGER, balance INTEGER)");
  const store = sqliteStore(database);
  const job = durable(createLedger(), { id: "ledger", mode: "snapshots", store, commit: COMMIT });
  const sink = transactional(
    store,
    (rows: readonly LedgerRow[], tx) => upsertMany(tx, rows, { table: "ledger" }),
  );
  return { job, run: () => job.run(readOrders(api), sink) };
}

/** Both, by their mode. */
export const INGESTIONS: Readonly<
  Record<"acks" | "snapshots", (api: string, database: SqliteDatabase) => Ingestion>
> = { acks: copyOrders, snapshots: keepLedger };
