// What every decoder is to its operator: chunks go in, records and errors come out.

import type { Operator } from "@headrace/pipeline/core";
import { map, pipe, transform } from "@headrace/pipeline/operators";
import type { StreamingErrorStrategy } from "@headrace/pipeline";
import { FormatError, type FormatErrorCode } from "./format_error.ts";
import { requireChoice, requireKnown } from "./_options.ts";

/**
 * What a decoder reads: bytes, or text. Chunks may be cut anywhere.
 *
 * @category Text
 */
export type Chunk = Uint8Array | string;

/**
 * What becomes of bad records.
 *
 * @category Errors
 */
export interface BadRecordOptions {
  /**
   * What the stage does with a bad record where `badRecords` is `fail`: what the strategies of every
   * stage say. @default {"FAIL_FAST"}
   */
  readonly errorStrategy?: StreamingErrorStrategy | undefined;
  /**
   * Whether a bad record fails, or comes out in its place as the {@linkcode FormatError} that says what
   * is wrong with it. @default {"fail"}
   */
  readonly badRecords?: "fail" | "emit" | undefined;
}

/** Checks the names of `options`, of which a decoder has `own`, and what becomes of bad records. */
export function requireDecoderOptions(
  format: string,
  options: BadRecordOptions,
  own: readonly string[],
): void {
  requireKnown(format, options, [...own, "errorStrategy", "badRecords"]);
  requireChoice(format, "badRecords", options.badRecords, ["fail", "emit"]);
}

/** A bad record of which something was read: the item of its failure. */
export class BadRecord {
  /** See {@linkcode FormatError.record}. */
  readonly number: number;
  /** What was read of it. */
  readonly value: unknown;
  readonly #error: FormatError;

  constructor(error: FormatError, value: unknown) {
    this.number = error.record;
    this.value = value;
    this.#error = error;
  }

  /** What is wrong with it; no property, for it is the cause of the failure. */
  getError(): FormatError {
    return this.#error;
  }
}

/** What a decoder makes of a record. */
export type Read<TRecord> = TRecord | FormatError | BadRecord;

/** Reads one input. */
export interface Decoder<TRecord> {
  /** The records that end in this chunk, and an error in the place of each bad one. */
  push(chunk: unknown): Read<TRecord>[];
  /** The same for what is left when the input has ended. */
  end(): Read<TRecord>[];
  /** Why nothing more can be read. */
  readonly failure?: FormatError | undefined;
}

/** Makes an error for the record at a position. */
export type ErrorFor = (code: FormatErrorCode, rule: string, record: number) => FormatError;

/** What a record breaks in which bytes are not UTF-8. */
export const UTF8_RULE = "its bytes must be UTF-8";

/** What a record breaks that is over its limit, which is an option. */
export function lengthRule(most: number, option = "maxLength"): string {
  return `it must be at most ${most} characters long (${option})`;
}

/** What a record of JSON breaks that is over its limit. */
export function depthRule(most: number): string {
  return `it must nest at most ${most} levels deep (maxDepth)`;
}

/** Makes the errors of a format, in whose words a record is a `name` of `whole`. */
export function errorsOf(format: string, name: string, whole: string): ErrorFor {
  return (code, rule, record) => {
    const message = `Cannot read ${name} ${record} of ${whole}: ${rule}`;
    return new FormatError(message, { code, format, record });
  };
}

/** The operator that reads with a decoder per run, and makes a value of each record. */
export function decodeWith<TRecord, TValue, TAccumulated, TContext>(
  create: () => Decoder<TRecord>,
  toValue: (record: TRecord) => TValue | PromiseLike<TValue>,
  { errorStrategy, badRecords = "fail" }: BadRecordOptions,
): Operator<Chunk, TValue, TAccumulated, TContext> {
  const read = transform<Chunk, Read<TRecord>, TAccumulated, TContext>(() => {
    const decoder = create();
    return {
      transform: (chunk) => failAfter(decoder.push(chunk), decoder),
      // What is half read where the source has failed is no record.
      flush: (isComplete) => isComplete ? failAfter(decoder.end(), decoder) : [],
    };
  });
  const finish = badRecords === "emit" ? orError(toValue) : orThrow(toValue);
  return pipe(read, map(finish, { errorStrategy }));
}

/** The records, and the decoder's failure after them. */
function failAfter<T>(records: T[], { failure }: Decoder<unknown>): Iterable<T> {
  if (failure === undefined) return records;
  return (function* () {
    yield* records;
    throw failure;
  })();
}

function orThrow<TRecord, TValue>(toValue: (record: TRecord) => TValue) {
  return (record: Read<TRecord>): TValue => {
    if (record instanceof FormatError) throw record;
    if (record instanceof BadRecord) throw record.getError();
    return toValue(record);
  };
}

/** The errors come out as values: the operator's overloads have them in its type. */
function orError<TRecord, TValue>(toValue: (record: TRecord) => TValue | PromiseLike<TValue>) {
  const orRethrow = (error: unknown): TValue => {
    if (error instanceof FormatError) return error as TValue;
    throw error;
  };
  return (record: Read<TRecord>): TValue | PromiseLike<TValue> => {
    if (record instanceof FormatError) return record as TValue;
    if (record instanceof BadRecord) return record.getError() as TValue;
    try {
      const value = toValue(record);
      return value instanceof Promise ? value.catch(orRethrow) : value;
    } catch (error) {
      return orRethrow(error);
    }
  };
}
