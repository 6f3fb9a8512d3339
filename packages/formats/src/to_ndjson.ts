import type { Operator } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";
import { toJson, WRITE_OPTIONS, type WriteOptions } from "./_encoder.ts";
import { requireKnown } from "./_options.ts";

/**
 * Writes newline-delimited JSON: each value as `JSON.stringify` writes it, followed by `\n`.
 *
 * A value that JSON has no form for is a bad record (`INVALID_JSON`).
 *
 * @typeParam TRecord The type of the values.
 * @param options What becomes of a bad record.
 * @throws {TypeError} If an option is not known.
 * @category JSON
 *
 * @example Records of a file
 * ```ts
 * import { toNdjson } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<{ id: number }>().use("line", toNdjson());
 *
 * assertEquals(await pipeline.executeToArray([{ id: 1 }, { id: 2 }]), ['{"id":1}\n', '{"id":2}\n']);
 * ```
 */
export function toNdjson<TRecord = unknown, TAccumulated = unknown, TContext = unknown>(
  options: WriteOptions = {},
): Operator<TRecord, string, TAccumulated, TContext> {
  requireKnown("toNdjson", options, WRITE_OPTIONS);
  return map(
    (value: TRecord, index: number): string => `${toJson("toNdjson", "line", value, index)}\n`,
    options,
  );
}
