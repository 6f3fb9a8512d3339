import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from "node:sqlite";
import { load as loadVectorExtension } from "sqlite-vec";
import { StoreError } from "./store_error.ts";

/** Marks the file, so that the tables are made in no database of another program. */
const APPLICATION_ID = 0x68645263;
/** Raise it when the tables change: an older file is then refused with a clear message. */
const FORMAT = 2;

const TABLES = `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  -- The hash is null while chunks are still missing, so that the next run does the file again.
  CREATE TABLE documents (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, hash TEXT) STRICT;
  CREATE INDEX documents_of_hash ON documents (hash);
  CREATE TABLE chunks (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL,
    hash TEXT NOT NULL,
    -- Of what the embedder got to see: the same has the same vector, wherever it is.
    input TEXT NOT NULL,
    headings TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX chunks_of_document ON chunks (document);
  CREATE INDEX chunks_of_input ON chunks (input);
  -- What the embedder refused, so that it is not asked again.
  CREATE TABLE refusals (input TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT;
  CREATE VIRTUAL TABLE words USING fts5(
    terms, content='', contentless_delete=1, tokenize="unicode61 categories 'L* N* Co Mn Mc'"
  );
`;

/** One row of an answer. */
export type Row = Record<string, SQLOutputValue>;

/** An open SQLite file with sqlite-vec and the tables of a store. */
export class Database {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the file, or makes it.
   *
   * @throws {StoreError} It cannot be opened, or is something else.
   */
  constructor(path: string) {
    this.path = path;
    this.#database = open(path);
    try {
      // Searching goes on while a run writes; a run that was killed leaves a sound file.
      this.#database.exec(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
      );
      this.#checkFormat();
    } catch (error) {
      this.close();
      throw error instanceof StoreError ? error : cannotOpen(path, error);
    }
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: readonly SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  run(sql: string, ...values: readonly SQLInputValue[]): void {
    this.#prepare(sql).run(...values);
  }

  /** All of the work is stored, or none of it. */
  transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      // SQLite ends the transaction itself on some errors, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #checkFormat(): void {
    const isEmpty = () => this.get("SELECT count(*) AS tables FROM sqlite_schema")?.tables === 0;
    if (isEmpty()) {
      this.transaction(() => {
        // Another process may have been faster.
        if (!isEmpty()) return;
        this.#database.exec(TABLES);
        this.#database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
        this.#database.exec(`PRAGMA user_version = ${FORMAT}`);
      });
    }
    if (this.get("PRAGMA application_id")?.application_id !== APPLICATION_ID) {
      const message = `"${this.path}" is the database of another program`;
      throw new StoreError(message, { code: "NO_STORE" });
    }
    const format = this.get("PRAGMA user_version")?.user_version;
    if (format !== FORMAT) {
      throw new StoreError(
        `The database "${this.path}" has format ${format}, this program has ${FORMAT}; embed again into a new file`,
        { code: "OTHER_FORMAT" },
      );
    }
  }
}

function open(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { allowExtension: true });
    loadVectorExtension(database);
    return database;
  } catch (error) {
    database?.close();
    throw cannotOpen(path, error);
  }
}

function cannotOpen(path: string, error: unknown): StoreError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreError(`Cannot open the database "${path}": ${reason}`, {
    code: "CANNOT_OPEN",
    cause: error,
  });
}
