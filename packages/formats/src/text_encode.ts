import type { Operator } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";

/**
 * Encodes text as UTF-8: bytes for each string. A half of a surrogate pair becomes U+FFFD.
 *
 * @category Text
 *
 * @example The bytes of a response
 * ```ts
 * import { textEncode, toNdjson } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = StreamingPipeline.start<number>()
 *   .use("line", toNdjson())
 *   .use("bytes", textEncode());
 *
 * assertEquals(await bytes.executeToArray([1]), [new Uint8Array([0x31, 0x0a])]);
 * ```
 */
export function textEncode<TAccumulated = unknown, TContext = unknown>(): Operator<
  string,
  Uint8Array<ArrayBuffer>,
  TAccumulated,
  TContext
> {
  const encoder = new TextEncoder();
  return map((text: string) => encoder.encode(text));
}
