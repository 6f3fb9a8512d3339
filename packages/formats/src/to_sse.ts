import type { Operator } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";
import { createWriteError, WRITE_OPTIONS, type WriteOptions } from "./_encoder.ts";
import type { SseEvent } from "./_event_reader.ts";
import type { FormatError } from "./format_error.ts";
import { requireKnown } from "./_options.ts";

const LINE_BREAK = /\r\n|\n|\r/;

/**
 * A comment among server-sent events, such as one that keeps a connection open.
 *
 * @category Server-sent events
 */
export interface SseComment {
  /** Its text; clients leave it out. */
  readonly comment: string;
}

/**
 * Writes server-sent events: text for each event, comment, or data alone.
 *
 * A line break in `data` or in a comment makes a line of its own, so that `\r` and `\r\n` are read as `\n`.
 * An event whose `event` or `id` has a line break, whose `id` has U+0000, or whose `retry` is no whole number
 * of milliseconds is a bad record (`INVALID_VALUE`).
 *
 * @param options What becomes of a bad record.
 * @throws {TypeError} If an option is not known.
 * @category Server-sent events
 *
 * @example Events with a type
 * ```ts
 * import { type SseEvent, toSse } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<SseEvent | string>().use("text", toSse());
 *
 * assertEquals(await pipeline.executeToArray([{ event: "word", data: "mill" }, "two\nlines"]), [
 *   "event: word\ndata: mill\n\n",
 *   "data: two\ndata: lines\n\n",
 * ]);
 * ```
 */
export function toSse<TAccumulated = unknown, TContext = unknown>(
  options: WriteOptions = {},
): Operator<SseEvent | SseComment | string, string, TAccumulated, TContext> {
  requireKnown("toSse", options, WRITE_OPTIONS);
  return map((given: SseEvent | SseComment | string, index: number): string => {
    if (typeof given === "string") return `${toFields("data", given)}\n`;
    return writeEvent(
      (given ?? {}) as Partial<SseEvent & SseComment>,
      (rule) =>
        createWriteError({ code: "INVALID_VALUE", format: "toSse", what: "event", rule, index }),
    );
  }, options);
}

function writeEvent(
  { data, event, id, retry, comment }: Partial<SseEvent & SseComment>,
  createError: (rule: string) => FormatError,
): string {
  if (typeof data !== "string" && (typeof comment !== "string" || data !== undefined)) {
    throw createError("it must have data, or a comment, that is text");
  }
  let text = "";
  if (comment !== undefined) text += toFields("", comment);
  if (event !== undefined) {
    if (!isLine(event)) throw createError("event must be text without a line break");
    text += `event: ${event}\n`;
  }
  if (id !== undefined) {
    if (!isLine(id) || id.includes("\0")) {
      throw createError("id must be text without a line break and without U+0000");
    }
    text += `id: ${id}\n`;
  }
  if (retry !== undefined) {
    if (!Number.isSafeInteger(retry) || retry < 0) {
      throw createError("retry must be a whole number of milliseconds, not negative");
    }
    text += `retry: ${retry}\n`;
  }
  if (data !== undefined) text += toFields("data", data);
  return `${text}\n`;
}

/** A line for each line of `text`. */
function toFields(name: string, text: string): string {
  return text.split(LINE_BREAK).map((line) => `${name}: ${line}\n`).join("");
}

function isLine(value: unknown): value is string {
  return typeof value === "string" && !LINE_BREAK.test(value);
}
