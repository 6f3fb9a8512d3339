import type { Operator } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";
import { createWriteError, WRITE_OPTIONS, type WriteOptions } from "./_encoder.ts";
import { requireKnown } from "./_options.ts";

const LINE_BREAK = /[\n\r]/;

/**
 * Writes lines: each text followed by `\n`.
 *
 * A text with a line break in it would be several lines: it is a bad record (`INVALID_VALUE`).
 *
 * @param options What becomes of a bad record.
 * @throws {TypeError} If an option is not known.
 * @category Lines
 *
 * @example Lines of a file
 * ```ts
 * import { toLines } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>().use("line", toLines());
 *
 * assertEquals(await pipeline.executeToArray(["first", "last"]), ["first\n", "last\n"]);
 * ```
 */
export function toLines<TAccumulated = unknown, TContext = unknown>(
  options: WriteOptions = {},
): Operator<string, string, TAccumulated, TContext> {
  requireKnown("toLines", options, WRITE_OPTIONS);
  return map((text: string, index: number): string => {
    if (typeof text === "string" && !LINE_BREAK.test(text)) return `${text}\n`;
    const rule = "it must be text without a line break";
    throw createWriteError({ code: "INVALID_VALUE", format: "toLines", what: "line", rule, index });
  }, options);
}
