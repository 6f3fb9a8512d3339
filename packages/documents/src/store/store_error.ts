/**
 * Why a store cannot be used, as {@linkcode StoreError.code} says it.
 *
 * - `CANNOT_OPEN`: the file cannot be opened, or is no database.
 * - `NO_STORE`: there is no file where there must be one, or it is the database of another program.
 * - `OTHER_FORMAT`: another version of this package has made it.
 * - `OTHER_MODEL`: it holds the vectors of another model, or of another length.
 *
 * @category Stores
 */
export type StoreErrorCode = "CANNOT_OPEN" | "NO_STORE" | "OTHER_FORMAT" | "OTHER_MODEL";

/**
 * What a {@linkcode StoreError} is made from.
 *
 * @category Stores
 */
export interface StoreErrorDetails {
  /** See {@linkcode StoreError.code}. */
  readonly code: StoreErrorCode;
  /** What it follows from, if anything. */
  readonly cause?: unknown;
}

/**
 * A store of documents cannot be used as it is.
 *
 * @category Stores
 *
 * @example Vectors of two models
 * ```ts
 * import { SqliteDocumentStore, StoreError } from "@headrace/documents/store";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * new SqliteDocumentStore(path, "one").close();
 * const error = assertThrows(() => new SqliteDocumentStore(path, "two"), StoreError);
 * assertEquals(error.code, "OTHER_MODEL");
 * await Deno.remove(path);
 * ```
 */
export class StoreError extends Error {
  /** `StoreError`. */
  override readonly name: string = "StoreError";
  /** What is wrong. */
  readonly code: StoreErrorCode;

  /** Makes the error. */
  constructor(message: string, { code, cause }: StoreErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
