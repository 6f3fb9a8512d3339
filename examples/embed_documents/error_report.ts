import { closeSync, existsSync, openSync, realpathSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describeError, FatalError, UsageError } from "./errors.ts";
import { createPathMatcher } from "./matcher.ts";
import type { EmbedRequest } from "./steps.ts";

/** One line of the report: never a text, never what a server answered. */
export interface ReportedError {
  /** The files that the item was made of. */
  readonly paths: readonly string[];
  /** The stage that failed, and the step it ran. */
  readonly key: string;
  readonly stepName: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
}

/**
 * A file with one line of JSON for each failed item. A line is written when `add` returns, however
 * the run ends after it.
 */
export class ErrorReport implements Disposable {
  readonly #path: string;
  readonly #file: number;

  /**
   * Makes the file, in place of an earlier one.
   *
   * @throws {FatalError} It cannot be written.
   */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  /** @throws {FatalError} It cannot be written. */
  add(error: ReportedError): void {
    try {
      writeSync(this.#file, `${JSON.stringify(error)}\n`);
    } catch (cause) {
      throw cannotWrite(this.#path, cause);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** What SQLite has beside a database. */
const DATABASE_ENDINGS = ["", "-wal", "-shm", "-journal"];

/**
 * Checks that the report takes the place neither of the database nor of a document, by whatever names.
 *
 * @throws {UsageError} If it would.
 */
export function requireReplaceable(
  path: string,
  { folder, pattern, database }: EmbedRequest & { readonly database: string },
): void {
  const refuse = (what: string): never => {
    throw new UsageError(`--errors must be a file of its own, and "${path}" is ${what}`);
  };
  const real = realPath(path);
  const base = realPath(database);
  if (DATABASE_ENDINGS.some((ending) => real === base + ending)) refuse("the database");
  if (createPathMatcher(realPath(folder), pattern)(real)) refuse("one that is embedded");
}

/** The path without links, also of a file that is not there yet. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(path);
  return folder === path ? path : join(realPath(folder), basename(path));
}

function cannotWrite(path: string, cause: unknown): FatalError {
  return new FatalError(`Cannot write the errors to "${path}": ${describeError(cause)}`, { cause });
}
