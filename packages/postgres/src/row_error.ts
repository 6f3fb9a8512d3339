/**
 * What a {@linkcode RowError} is made from.
 *
 * @category Writing
 */
export interface RowErrorDetails {
  /** See {@linkcode RowError.code}. */
  readonly code: string;
  /** What the database has said, if it was asked. */
  readonly cause?: unknown;
}

/**
 * A row that the database does not take, or that cannot be handed to it as it is. The message never
 * shows its values; the `cause` may.
 *
 * It is the `cause` of the `StreamingError` of its row, whose `code` is the same.
 *
 * @category Writing
 *
 * @example What is wrong with a row
 * ```ts
 * import { RowError } from "@headrace/postgres";
 * import { assertEquals } from "@std/assert";
 *
 * const error: unknown = new RowError("Cannot write the row", { code: "23505" });
 *
 * assertEquals(error instanceof RowError && error.code === "23505", true);
 * ```
 */
export class RowError extends Error {
  /** `RowError`. */
  override readonly name: string = "RowError";
  /**
   * What is wrong: `INVALID_VALUE` or `WRONG_COLUMNS` where it is seen before the database is
   * asked, else its SQLSTATE, such as `23505` for a key that exists already.
   */
  readonly code: string;

  /** Makes the error. */
  constructor(message: string, { code, cause }: RowErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The conditions of these, without the value that the server's own sentence shows. */
const CONDITIONS: Readonly<Record<string, string>> = {
  "22001": "a text is too long for its column",
  "22003": "a number is out of the range of its column",
  "22007": "a date or time is not one",
  "22008": "a date or time is out of range",
  "22021": "a text has a character that the database's encoding has not",
  "22P02": "a text is no value of its column's type",
};

/** Integrity: the server's sentence names the constraint, and no value. */
const INTEGRITY = "23";

/** The error of a row that the server has refused with `state`. */
export function describeFault(error: unknown, state: string): RowError {
  const message = error instanceof Error ? error.message : String(error);
  const reason = state.startsWith(INTEGRITY)
    ? message
    : CONDITIONS[state] ?? "the database refuses a value of it";
  return new RowError(`Cannot write the row: ${reason} (${state})`, { code: state, cause: error });
}
