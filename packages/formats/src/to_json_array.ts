import type { Operator } from "@headrace/pipeline/core";
import { transform } from "@headrace/pipeline/operators";
import { toJson, WRITE_OPTIONS, type WriteOptions } from "./_encoder.ts";
import { requireKnown } from "./_options.ts";

/**
 * Writes one array of JSON: text for each value, and the end of the array.
 *
 * A value that JSON has no form for is a bad record (`INVALID_JSON`). Where the source fails, the array is
 * not closed, so that its reader knows.
 *
 * @typeParam TRecord The type of the values.
 * @param options What becomes of a bad record.
 * @throws {TypeError} If an option is not known.
 * @category JSON
 *
 * @example An answer, while it is made
 * ```ts
 * import { toJsonArray } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().use("text", toJsonArray());
 *
 * assertEquals(await pipeline.executeToArray([1, 2]), ["[\n1", ",\n2", "\n]\n"]);
 * assertEquals(await pipeline.executeToArray([]), ["[]\n"]);
 * ```
 */
export function toJsonArray<TRecord = unknown, TAccumulated = unknown, TContext = unknown>(
  options: WriteOptions = {},
): Operator<TRecord, string, TAccumulated, TContext> {
  requireKnown("toJsonArray", options, WRITE_OPTIONS);
  return transform(() => {
    let isEmpty = true;
    return {
      transform(value: TRecord, index: number): string[] {
        const json = toJson("toJsonArray", "element", value, index);
        const before = isEmpty ? "[\n" : ",\n";
        isEmpty = false;
        return [before + json];
      },
      flush(isComplete: boolean): string[] {
        if (!isComplete) return [];
        return [isEmpty ? "[]\n" : "\n]\n"];
      },
    };
  }, options);
}
