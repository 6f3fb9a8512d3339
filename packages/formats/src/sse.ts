import type { Operator } from "@headrace/pipeline/core";
import {
  type BadRecordOptions,
  type Chunk,
  decodeWith,
  errorsOf,
  requireDecoderOptions,
} from "./_decoder.ts";
import { EventReader, type SseEvent } from "./_event_reader.ts";
import type { FormatError } from "./format_error.ts";
import { type KnownOptions, readLimit, show } from "./_options.ts";

const DEFAULT_MAX_LENGTH = 1_048_576;

/**
 * Options of {@linkcode sse}.
 *
 * @category Server-sent events
 */
export interface SseOptions extends BadRecordOptions {
  /** The longest event, in characters: a positive integer or `Infinity`. @default {1_048_576} */
  readonly maxLength?: number | undefined;
  /**
   * Called with each wait before the next connection that the server names, in milliseconds, when
   * it is read: also where no event comes after it. @default none
   */
  readonly onRetry?: ((retryMs: number) => void) | undefined;
  /**
   * Called with each id when its event has ended: also where no data has come with it, so that it is the last id
   * and no event has it. @default none
   */
  readonly onId?: ((id: string) => void) | undefined;
}

/**
 * What an event of {@linkcode sse} is with these options: of what is known only when it runs, either.
 *
 * @typeParam TOptions The options.
 * @category Server-sent events
 */
export type SseEventOf<TOptions> =
  | SseEvent
  | ("emit" extends TOptions["badRecords" & keyof TOptions] ? FormatError : never);

/**
 * Reads server-sent events, as the HTML standard says: bytes or text to events. Lines end with `\n`, `\r\n`
 * or `\r`, events with a blank one; comments are left out.
 *
 * Events come out in order, as soon as they are whole; one that the input ends inside is none. No more of an
 * event than `maxLength` is held, and a chunk: one that is longer (`RECORD_TOO_LONG`) fails as soon as that
 * is known.
 *
 * @typeParam TOptions The options.
 * @param options How long an event may be, and what becomes of a longer one.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Server-sent events
 *
 * @example The answer of a model
 * ```ts
 * import { sse } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const words = StreamingPipeline.start<string>()
 *   .use("event", sse())
 *   .filter("word", ({ event }) => event === "word")
 *   .map("text", ({ data }) => JSON.parse(data) as string);
 *
 * const chunks = ['event: word\ndata: "mi', 'll"\n\n: still here\n\n', 'event: word\ndata: "race"\n\n'];
 * assertEquals(await words.executeToArray(chunks), ["mill", "race"]);
 * ```
 */
export function sse<
  const TOptions extends SseOptions = Record<never, never>,
  TAccumulated = unknown,
  TContext = unknown,
>(
  options?: TOptions & KnownOptions<TOptions, SseOptions>,
): Operator<Chunk, SseEventOf<TOptions>, TAccumulated, TContext> {
  const given: SseOptions = options === undefined ? {} : options;
  requireDecoderOptions("sse", given, ["maxLength", "onRetry", "onId"]);
  const { onRetry, onId } = given;
  for (const [name, value] of Object.entries({ onRetry, onId })) {
    if (value === undefined || typeof value === "function") continue;
    throw new TypeError(`Cannot make sse(): ${name} must be a function, got ${show(value)}`);
  }
  const maxLength = readLimit("sse", "maxLength", given.maxLength, DEFAULT_MAX_LENGTH);
  const errorFor = errorsOf("sse", "event", "the event stream");
  return decodeWith(
    () => new EventReader({ maxLength, errorFor, onRetry, onId }),
    (event): SseEventOf<TOptions> => event,
    given,
  );
}
