import { type Acquired, DurableError, type TransactionalStore } from "@headrace/pipeline/durable";
import type { SqliteDatabase } from "./database.ts";
import { isDamaged } from "./_codes.ts";
import { once } from "./_once.ts";
import { quote, requireDatabase, requireKnown, requireText } from "./_options.ts";
import { readBusyTimeout, transaction, type TransactionOptions } from "./transaction.ts";

const DEFAULT_TABLE = "headrace_checkpoints";

/** Of a row. Another one is refused, and not read as if it were this. */
const FORMAT = 1;

/**
 * Options of {@linkcode sqliteStore}.
 *
 * @category Durable runs
 */
export interface SqliteStoreOptions extends TransactionOptions {
  /** The table of the checkpoints, which is made where it is missing. @default {"headrace_checkpoints"} */
  readonly table?: string | undefined;
}

/**
 * Keeps the checkpoints of durable jobs in a table of a database, a row for each job. What a job
 * writes into the same database can be committed with its checkpoint: after a crash, both are in
 * it, or neither.
 *
 * Any number of connections and processes may have a store in the same file.
 *
 * @param database The connection.
 * @param options The table, and how long a transaction waits.
 * @returns The store. `commit` hands the connection to its work, as the transaction.
 * @throws {TypeError | RangeError} If an argument is not valid.
 * @category Durable runs
 *
 * @example Rows and the checkpoint together
 * ```ts
 * import { openDatabase, sqliteStore, upsertMany } from "@headrace/sqlite";
 * import { assertEquals } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (id INTEGER PRIMARY KEY)");
 * const store = sqliteStore(database);
 *
 * const { fence } = await store.acquire("ingest");
 * await store.commit("ingest", fence, "page 2", (tx) => {
 *   upsertMany(tx, [{ id: 1 }, { id: 2 }], { table: "mills", key: "id" });
 * });
 * assertEquals((await store.acquire("ingest")).saved, "page 2");
 * ```
 */
export function sqliteStore(
  database: SqliteDatabase,
  options: SqliteStoreOptions = {},
): TransactionalStore<SqliteDatabase> {
  requireDatabase("sqliteStore", database);
  requireKnown("sqliteStore", options, ["table", "busyTimeoutMs"]);
  const { table = DEFAULT_TABLE } = options;
  requireText("sqliteStore", "table", table);
  return new SqliteStore(database, table, readBusyTimeout("sqliteStore", options));
}

interface SavedRow {
  readonly format: unknown;
  readonly fence: string;
  readonly saved: unknown;
}

class SqliteStore implements TransactionalStore<SqliteDatabase> {
  readonly #database: SqliteDatabase;
  readonly #table: string;
  readonly #busyTimeoutMs: number;
  #hasTable = false;

  constructor(database: SqliteDatabase, name: string, busyTimeoutMs: number) {
    this.#database = database;
    this.#table = quote(name);
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  acquire(id: string): Promise<Acquired> {
    return this.#transact(id, () => {
      const select =
        `SELECT format, CAST(fence AS TEXT) AS fence, saved FROM ${this.#table} WHERE id = ?`;
      const row = once(this.#database, select, (statement) => statement.get(toKey(id))) as
        | SavedRow
        | null
        | undefined;
      const saved = this.#readSaved(id, row);
      const fence = this.#readFence(id, row) + 1;
      this.#run(
        `INSERT INTO ${this.#table} (id, format, fence, owned) VALUES (?, ${FORMAT}, ?, 1) ` +
          "ON CONFLICT (id) DO UPDATE SET fence = excluded.fence, owned = 1",
        toKey(id),
        fence,
      );
      return { saved, fence };
    });
  }

  save(id: string, saved: string, fence: number): Promise<void> {
    return this.#transact(id, () => this.#replace(id, fence, saved));
  }

  release(id: string, fence: number): Promise<void> {
    return this.#transact(id, () => {
      this.#run(`UPDATE ${this.#table} SET owned = 0 WHERE id = ? AND fence = ?`, toKey(id), fence);
    });
  }

  commit(
    id: string,
    fence: number,
    saved: string,
    work: (transaction: SqliteDatabase) => void | Promise<void>,
  ): Promise<void> {
    return this.#transact(id, async () => {
      // First, so that an owner that has lost the job does no work; the file is locked until the end.
      this.#replace(id, fence, saved);
      await work(this.#database);
    });
  }

  #replace(id: string, fence: number, saved: string): void {
    const bytes = new TextEncoder().encode(saved);
    const changed = this.#run(
      `UPDATE ${this.#table} SET saved = ? WHERE id = ? AND fence = ? AND owned = 1`,
      bytes,
      toKey(id),
      fence,
    );
    if (changed > 0) return;
    throw new DurableError(
      `Cannot save the checkpoint of ${
        JSON.stringify(id)
      }: another owner has acquired the job since, ` +
        "or it has been given back",
      { code: "FENCED", id },
    );
  }

  #readSaved(id: string, row: SavedRow | null | undefined): string | undefined {
    if (row === null || row === undefined) return undefined;
    if (row.format !== FORMAT) {
      throw this.#unreadable(
        id,
        `it has format ${String(row.format)}, and this version reads ${FORMAT}`,
      );
    }
    if (row.saved === null) return undefined;
    if (!(row.saved instanceof Uint8Array)) throw this.#unreadable(id, "it is not made of bytes");
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(row.saved);
    } catch (cause) {
      throw this.#unreadable(id, "its bytes are not UTF-8", cause);
    }
  }

  /** The last fence; 0 where there was none. */
  #readFence(id: string, row: SavedRow | null | undefined): number {
    if (row === null || row === undefined) return 0;
    const fence = Number(row.fence);
    if (fence > 0 && Number.isSafeInteger(fence + 1)) return fence;
    throw this.#unreadable(id, `its fence is ${row.fence}, and no positive integer`);
  }

  /** Makes the table; one of this name that is something else is not written to. */
  #requireTable(id: string): void {
    this.#run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (id TEXT PRIMARY KEY, format INTEGER NOT NULL, ` +
        "fence INTEGER NOT NULL, owned INTEGER NOT NULL, saved BLOB)",
    );
    const info = `PRAGMA table_info(${this.#table})`;
    const columns = once(this.#database, info, (statement) => statement.all());
    const names = columns.map((column) => (column as { readonly name: string }).name).join();
    if (names === "id,format,fence,owned,saved") return;
    throw this.#unreadable(id, `the table has the columns ${names}`);
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

  async #transact<T>(id: string, work: () => T | Promise<T>): Promise<T> {
    if (typeof id !== "string" || id === "") {
      throw new TypeError(`The id of a job must be a non-empty string, got ${JSON.stringify(id)}`);
    }
    const options = { busyTimeoutMs: this.#busyTimeoutMs };
    try {
      const result = await transaction(this.#database, () => {
        if (!this.#hasTable) this.#requireTable(id);
        return work();
      }, options);
      this.#hasTable = true;
      return result;
    } catch (error) {
      if (!isDamaged(error)) throw error;
      throw this.#unreadable(id, "the file of the database is damaged", error);
    }
  }

  /** The number of rows that have changed. */
  #run(sql: string, ...parameters: (string | number | Uint8Array)[]): number {
    const result = once(this.#database, sql, (statement) => statement.run(...parameters));
    return Number((result as { readonly changes: number | bigint }).changes);
  }
}

/** Any text is an id, also with characters that SQLite would cut it at. */
function toKey(id: string): string {
  return JSON.stringify(id);
}
