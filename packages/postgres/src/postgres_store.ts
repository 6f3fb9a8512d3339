import { Buffer } from "node:buffer";
import { type Acquired, DurableError, type TransactionalStore } from "@headrace/pipeline/durable";
import type { PostgresClient, PostgresTransaction, TransactionOf } from "./client.ts";
import { readTableName, requireClient, requireKnown } from "./_options.ts";
import { run } from "./_run.ts";
import { transact } from "./_transact.ts";

const DEFAULT_TABLE = "headrace_checkpoints";

/** Of a row. Another one is refused, and not read as if it were this. */
const FORMAT = 1;

/** Held while the table is made: `IF NOT EXISTS` alone fails for one of two at once. */
const LOCK = 4_773_287_223;

const COLUMNS = "id,format,fence,owned,saved";

/** A statement that waits for a row sees its new values. */
const ISOLATION = "ISOLATION LEVEL READ COMMITTED";

/**
 * Options of {@linkcode postgresStore}.
 *
 * @category Durable runs
 */
export interface PostgresStoreOptions {
  /** The table of the checkpoints, which is made where it is missing. @default {"headrace_checkpoints"} */
  readonly table?: string | undefined;
  /** The name of its schema. @default the search path of the connection */
  readonly schema?: string | undefined;
}

/**
 * Keeps the checkpoints of durable jobs in a table of a database, a row for each job. What a job
 * writes into the same database can be committed with its checkpoint: after a crash, both are in
 * it, or neither.
 *
 * Any number of processes and machines may have a store in the same table.
 *
 * @typeParam TClient The client.
 * @param sql The client.
 * @param options The table.
 * @returns The store. `commit` hands `sql` of its transaction to its work.
 * @throws {TypeError} If an argument is not valid.
 * @category Durable runs
 *
 * @example Rows and the checkpoint together
 * ```ts ignore
 * import { postgresStore, upsertMany } from "@headrace/postgres";
 * import postgres from "postgres";
 *
 * const sql = postgres("postgres://localhost/mills");
 * const store = postgresStore(sql);
 *
 * const { fence } = await store.acquire("ingest");
 * await store.commit("ingest", fence, "page 2", async (tx) => {
 *   await upsertMany(tx, [{ id: 1 }, { id: 2 }], { table: "mills", key: "id" });
 * });
 * await sql.end();
 * ```
 */
export function postgresStore<TClient extends PostgresClient>(
  sql: TClient,
  options: PostgresStoreOptions = {},
): TransactionalStore<TransactionOf<TClient>> {
  requireClient("postgresStore", sql, "begin");
  requireKnown("postgresStore", options, ["table", "schema"]);
  const { table = DEFAULT_TABLE, schema } = options;
  const name = readTableName("postgresStore", { table, schema });
  return new PostgresStore<TransactionOf<TClient>>(sql, name);
}

interface SavedRow {
  readonly format: string;
  readonly fence: string;
  readonly saved: string | null;
}

class PostgresStore<TTransaction> implements TransactionalStore<TTransaction> {
  readonly #sql: PostgresClient;
  readonly #table: string;
  #hasTable = false;

  constructor(sql: PostgresClient, table: string) {
    this.#sql = sql;
    this.#table = table;
  }

  acquire(id: string): Promise<Acquired> {
    return this.#transact(id, async (transaction) => {
      const [row] = await run<SavedRow>(
        transaction,
        `INSERT INTO ${this.#table} AS kept (id, format, fence, owned) ` +
          `VALUES ($1, ${FORMAT}, 1, true) ` +
          "ON CONFLICT (id) DO UPDATE SET fence = kept.fence + 1, owned = true " +
          "RETURNING format::text AS format, fence::text AS fence, encode(saved, 'base64') AS saved",
        [toKey(id)],
      );
      // What is thrown takes the new fence back as well.
      return { saved: this.#readSaved(id, row!), fence: this.#readFence(id, row!) };
    });
  }

  async save(id: string, saved: string, fence: number): Promise<void> {
    await this.#transact(id, (transaction) => this.#replace(transaction, id, fence, saved));
  }

  release(id: string, fence: number): Promise<void> {
    return this.#transact(id, async (transaction) => {
      await run(
        transaction,
        `UPDATE ${this.#table} SET owned = false WHERE id = $1 AND fence = $2::text::bigint`,
        [toKey(id), String(fence)],
      );
    });
  }

  async commit(
    id: string,
    fence: number,
    saved: string,
    work: (transaction: TTransaction) => void | Promise<void>,
  ): Promise<void> {
    await this.#transact(id, async (transaction) => {
      // First, so that an owner that has lost the job does no work; the row is locked until the end.
      const number = await this.#replace(transaction, id, fence, saved);
      // The cast: `begin` passes what the type of the client says.
      await work(transaction as TTransaction);
      return number;
    }, requireOpen);
  }

  /** Returns the number of the transaction. */
  async #replace(
    transaction: PostgresTransaction,
    id: string,
    fence: number,
    saved: string,
  ): Promise<string> {
    const [row] = await run<{ readonly number: string }>(
      transaction,
      `UPDATE ${this.#table} SET saved = decode($3, 'base64') ` +
        "WHERE id = $1 AND fence = $2::text::bigint AND owned " +
        "RETURNING txid_current()::text AS number",
      [toKey(id), String(fence), Buffer.from(saved, "utf8").toString("base64")],
    );
    if (row !== undefined) return row.number;
    throw new DurableError(
      `Cannot save the checkpoint of ${
        JSON.stringify(id)
      }: another owner has acquired the job since, ` +
        "or it has been given back",
      { code: "FENCED", id },
    );
  }

  #readSaved(id: string, { format, saved }: SavedRow): string | undefined {
    if (format !== `${FORMAT}`) {
      throw this.#unreadable(id, `it has format ${format}, and this version reads ${FORMAT}`);
    }
    if (saved === null) return undefined;
    try {
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      return decoder.decode(Buffer.from(saved, "base64"));
    } catch (cause) {
      throw this.#unreadable(id, "its bytes are not UTF-8", cause);
    }
  }

  #readFence(id: string, row: SavedRow): number {
    const fence = Number(row.fence);
    if (fence > 0 && Number.isSafeInteger(fence)) return fence;
    throw this.#unreadable(id, `its fence would be ${row.fence}, and no positive integer`);
  }

  /** Makes the table; one of this name that is something else is not written to. */
  async #requireTable(transaction: PostgresTransaction, id: string): Promise<void> {
    const find = "SELECT to_regclass($1)::text AS name";
    const [found] = await run<{ readonly name: string | null }>(transaction, find, [this.#table]);
    if (found!.name === null) {
      await run(transaction, `SELECT pg_advisory_xact_lock(${LOCK})`);
      await run(
        transaction,
        `CREATE TABLE IF NOT EXISTS ${this.#table} (id text PRIMARY KEY, format integer NOT NULL, ` +
          "fence bigint NOT NULL, owned boolean NOT NULL, saved bytea)",
      );
    }
    const [columns] = await run<{ readonly names: string }>(
      transaction,
      "SELECT string_agg(attname, ',' ORDER BY attnum) AS names FROM pg_attribute " +
        "WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
      [this.#table],
    );
    if (columns!.names === COLUMNS) return;
    throw this.#unreadable(id, `the table has the columns ${columns!.names}`);
  }

  #unreadable(id: string, problem: string, cause?: unknown): DurableError {
    return new DurableError(
      `Cannot read the checkpoint of ${
        JSON.stringify(id)
      } in the table ${this.#table}: ${problem}. ` +
        "Restore it, read it with the version that wrote it, or delete its row to begin anew",
      { code: "CHECKPOINT_UNREADABLE", id, cause },
    );
  }

  async #transact<T>(
    id: string,
    work: (transaction: PostgresTransaction) => Promise<T>,
    confirm?: (transaction: PostgresTransaction, value: T) => Promise<void>,
  ): Promise<T> {
    if (typeof id !== "string" || id === "") {
      throw new TypeError(`The id of a job must be a non-empty string, got ${JSON.stringify(id)}`);
    }
    const result = await transact(this.#sql, ISOLATION, async (transaction) => {
      if (!this.#hasTable) await this.#requireTable(transaction, id);
      return await work(transaction);
    }, confirm);
    this.#hasTable = true;
    return result;
  }
}

/**
 * Throws where the transaction of that number cannot be committed any more: PostgreSQL answers COMMIT
 * with a roll-back, and no error, where a statement has failed that the work has not waited for.
 */
async function requireOpen(transaction: PostgresTransaction, number: string): Promise<void> {
  const select = "SELECT txid_current_if_assigned()::text AS number";
  const [row] = await run<{ readonly number: string | null }>(transaction, select);
  if (row!.number === number) return;
  throw new Error(
    "Cannot commit: what writes the items has ended the transaction by a statement of its own",
  );
}

/** Any text is an id, also with characters that the database does not take. */
function toKey(id: string): string {
  return JSON.stringify(id);
}
