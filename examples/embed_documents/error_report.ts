import { closeSync, openSync, writeSync } from "node:fs";
import { describeError, FatalError } from "./errors.ts";

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
 * A file with one line of JSON for each failed item. A line is there when `add` returns, however the
 * run ends after it.
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

function cannotWrite(path: string, cause: unknown): FatalError {
  return new FatalError(`Cannot write the errors to "${path}": ${describeError(cause)}`, { cause });
}
