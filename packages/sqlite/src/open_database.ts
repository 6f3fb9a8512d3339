import type { SqliteDatabase } from "./database.ts";
import { readMs, requireKnown, requireText, show } from "./_options.ts";
import { runWhenFree } from "./transaction.ts";

/**
 * How long a statement outside of a transaction waits for another process; the thread stands still
 * meanwhile, so it is short.
 */
const DEFAULT_LOCK_TIMEOUT_MS = 250;

/**
 * Options of {@linkcode openDatabase}.
 *
 * @category Databases
 */
export interface OpenDatabaseOptions {
  /**
   * How long a statement waits for a lock of another connection, in milliseconds: an integer from 0 to
   * 2,147,483,647. The thread stands still meanwhile. Transactions of this package wait without that, and
   * longer; opening waits without it, and as long. @default {250}
   */
  readonly lockTimeoutMs?: number | undefined;
  /** Whether nothing can be written, and the file must be there. @default {false} */
  readonly readOnly?: boolean | undefined;
  /** Paths of extensions to load, such as that of sqlite-vec. Only load what you trust. */
  readonly extensions?: readonly string[] | undefined;
}

/**
 * A database that can be closed.
 *
 * @category Databases
 */
export interface OpenedDatabase extends SqliteDatabase, Disposable {
  /** Closes it, and what was prepared with it. */
  close(): void;
}

/** What is used of the classes of both modules. */
interface Driver extends SqliteDatabase {
  close(): void;
  loadExtension(path: string): void;
  enableLoadExtension?(allow: boolean): void;
}

/** Finds one of the runtime's own modules; `undefined` where it has no such module. */
type FindModule = (name: string) => unknown;

/**
 * Opens the database of a file, or `":memory:"`, with the module that the runtime has: `node:sqlite`
 * on Deno and on Node from 22.13 on, `bun:sqlite` on Bun.
 *
 * The file is made where it is missing. It is kept with a write-ahead log, so that readers and one
 * writer do not wait for each other, and what has been committed is on the disk.
 *
 * @param path Of the file.
 * @param options How it is opened.
 * @returns The database. `using` closes it at the end of the block.
 * @throws {TypeError | RangeError} If an argument is not valid.
 * @throws {Error} If the runtime has no SQLite, or the file cannot be opened.
 * @category Databases
 *
 * @example A database in memory
 * ```ts
 * import { openDatabase } from "@headrace/sqlite";
 * import { assertEquals } from "@std/assert";
 *
 * using database = await openDatabase(":memory:");
 * database.exec("CREATE TABLE mills (name TEXT)");
 * assertEquals(database.prepare("SELECT * FROM mills").all(), []);
 * ```
 */
export function openDatabase(
  path: string,
  options: OpenDatabaseOptions = {},
): Promise<OpenedDatabase> {
  // Not by an import: webpack leaves out what is imported by a variable.
  const { process } = globalThis as {
    readonly process?: { getBuiltinModule?(name: string): unknown };
  };
  return openWith((name) => process?.getBuiltinModule?.(name), path, options);
}

/** As {@linkcode openDatabase}, with the modules that `findModule` finds. */
export async function openWith(
  findModule: FindModule,
  path: string,
  options: OpenDatabaseOptions,
): Promise<OpenedDatabase> {
  requireText("openDatabase", "its path", path);
  requireKnown("openDatabase", options, ["lockTimeoutMs", "readOnly", "extensions"]);
  const { readOnly = false, extensions = [] } = options;
  const timeout = readMs(
    "openDatabase",
    "lockTimeoutMs",
    options.lockTimeoutMs,
    DEFAULT_LOCK_TIMEOUT_MS,
    0,
  );

  const open = findDriver(findModule);
  let driver: Driver | undefined;
  try {
    driver = open(path, readOnly, extensions.length > 0);
    for (const extension of extensions) driver.loadExtension(extension);
    driver.enableLoadExtension?.(false);
    // Two that switch to it at the same time are in each other's way: SQLite refuses one at once,
    // whatever its timeout. It changes nothing where the file has one.
    if (!readOnly) await runWhenFree(driver, "PRAGMA journal_mode = WAL", timeout);
    driver.exec(`PRAGMA busy_timeout = ${timeout}`);
    driver.exec("PRAGMA foreign_keys = ON");
  } catch (cause) {
    driver?.close();
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot open the database ${show(path)}: ${message}`, { cause });
  }
  const opened = driver;
  return Object.assign(opened, { [Symbol.dispose]: () => opened.close() });
}

type OpenDriver = (path: string, readOnly: boolean, allowExtension: boolean) => Driver;

function findDriver(findModule: FindModule): OpenDriver {
  // Bun has a module of its own; others do not know the scheme.
  if ("Bun" in globalThis) {
    const { Database } = findModule("bun:sqlite") as {
      Database: new (...args: unknown[]) => Driver;
    };
    return (path, readonly) =>
      new Database(path, { readonly, create: !readonly, readwrite: !readonly });
  }
  const found = findModule("node:sqlite");
  if (found === undefined) {
    throw new Error(
      "Cannot open a database: this runtime has no SQLite; Deno, Bun and Node from 22.13 on have",
    );
  }
  const { DatabaseSync } = found as { DatabaseSync: new (...args: unknown[]) => Driver };
  return (path, readOnly, allowExtension) => new DatabaseSync(path, { readOnly, allowExtension });
}
