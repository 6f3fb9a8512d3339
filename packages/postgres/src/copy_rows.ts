import type { Writable } from "node:stream";
import { setImmediate } from "node:timers";
import type { PostgresClient, PostgresTransaction } from "./client.ts";
import { quote, requireClient, requireKnown, show } from "./_options.ts";
import { describeFault } from "./row_error.ts";
import { readState, run } from "./_run.ts";
import {
  COLUMNS_OPTIONS,
  columnsOf,
  type ColumnsOptions,
  namesOf,
  readColumnTypes,
  readTable,
} from "./_table.ts";
import { type Column, toText } from "./_to_text.ts";
import { transact } from "./_transact.ts";

/** What is written to the connection at a time, in characters. */
const CHUNK_LENGTH = 65_536;

/**
 * Copies rows into a table with `COPY`, the fastest way: all of them in one transaction, or none. Rows
 * are taken as the connection takes them, and a chunk of them is held.
 *
 * The first row says which columns there are, unless `columns` does.
 *
 * @param sql The client.
 * @param rows The rows, as `upsertRows` takes them: an iterable, an async iterable, a run.
 * @param options The table.
 * @returns How many rows have been copied.
 * @throws {TypeError} If an argument is not valid.
 * @throws {RowError} What is wrong with a bad row; nothing has been copied.
 * @category Writing
 *
 * @example From a run
 * ```ts ignore
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { copyRows } from "@headrace/postgres";
 * import postgres from "postgres";
 *
 * const sql = postgres("postgres://localhost/mills");
 * const mills = StreamingPipeline.start<string>().map("row", (name, id) => ({ id, name }));
 * const count = await copyRows(sql, mills.execute(["Brook", "Ford"]), { table: "mills" });
 * await sql.end();
 * ```
 */
export async function copyRows(
  sql: PostgresClient,
  rows: Iterable<object> | AsyncIterable<object>,
  options: ColumnsOptions,
): Promise<number> {
  requireClient("copyRows", sql, "begin");
  requireRows(rows);
  requireKnown("copyRows", options, COLUMNS_OPTIONS);
  const table = readTable("copyRows", options);
  const types = await readColumnTypes(sql, table);

  let count = 0;
  await transact(sql, "", async (transaction) => {
    let columns: readonly Column[] | undefined;
    let target: CopyTarget | undefined;
    try {
      for await (const row of rows) {
        if (columns === undefined) {
          columns = columnsOf(table, types, namesOf(table, row));
          const names = columns.map(({ name }) => quote(name)).join(", ");
          target = await openCopy(transaction, `COPY ${table.name} (${names}) FROM STDIN`);
        }
        const isPrompt = target!.write(toLine(columns, row));
        if (!isPrompt) await target!.flush();
        count++;
      }
      await target?.end();
    } catch (error) {
      target?.abandon();
      throw error;
    }
  });
  return count;
}

function requireRows(rows: unknown): void {
  const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = Object(rows);
  if (typeof rows !== "string" && (typeof sync === "function" || typeof async === "function")) {
    return;
  }
  throw new TypeError(`Cannot call copyRows: its rows must be iterable, got ${show(rows)}`);
}

/** A row in the text format of `COPY`. */
function toLine(columns: readonly Column[], row: object): string {
  const fields = columns.map((column) => {
    const text = toText(column, (row as Record<string, unknown>)[column.name]);
    return text === null ? "\\N" : text.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character]!);
  });
  return `${fields.join("\t")}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

async function openCopy(transaction: PostgresTransaction, query: string): Promise<CopyTarget> {
  const copying = transaction.unsafe(query);
  const stream = await copying.writable();
  return new CopyTarget(transaction, copying, stream);
}

/** What takes the data of a `COPY`. */
class CopyTarget {
  readonly #transaction: PostgresTransaction;
  readonly #stream: Writable;
  #chunk = "";
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(transaction: PostgresTransaction, copying: object, stream: Writable) {
    this.#transaction = transaction;
    this.#stream = stream;
    stream.on("error", (error) => this.#fail(error));
    // postgres.js 3.4.9 says nothing of a failure after the last row. This is where it would.
    Object.assign(copying, { reject: (error: unknown) => this.#fail(error) });
  }

  /** Takes a line; whether more may come before a flush. */
  write(line: string): boolean {
    this.#chunk += line;
    return this.#chunk.length < CHUNK_LENGTH;
  }

  /** Sends the lines that were taken. */
  async flush(): Promise<void> {
    const chunk = this.#chunk;
    this.#chunk = "";
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(chunk, (error) => error ? reject(error) : resolve());
    }).catch((error) => this.#fail(error));
    // Rows that are never waited for would let the connection say nothing.
    await new Promise((resolve) => setImmediate(resolve));
    this.#throwFailure();
  }

  /** Ends the data; rejects where the database has not taken them. */
  async end(): Promise<void> {
    if (this.#chunk !== "") await this.flush();
    this.#isEnded = true;
    this.#stream.end();
    // A transaction in which something has failed answers nothing more, so the answer is the proof.
    await run(this.#transaction, "SELECT 1").catch((error) => this.#fail(error));
    this.#throwFailure();
  }

  /** Has the database forget it. */
  abandon(): void {
    if (!this.#isEnded && !this.#stream.destroyed) {
      this.#stream.destroy(new Error("The rows have failed"));
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    const state = readState(error);
    throw state !== undefined && /^2[23]/.test(state) ? describeFault(error, state) : error;
  }
}
