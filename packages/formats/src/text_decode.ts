import type { Operator } from "@headrace/pipeline/core";
import { transform } from "@headrace/pipeline/operators";
import { requireChoice, requireKnown } from "./_options.ts";

const BYTE_ORDER_MARK = "\uFEFF";

/**
 * Options of {@linkcode textDecode}.
 *
 * @category Text
 */
export interface TextDecodeOptions {
  /** The encoding, by a label that `TextDecoder` knows. @default {"utf-8"} */
  readonly encoding?: string | undefined;
  /** Whether bytes that are not of the encoding fail the stage, or become U+FFFD. @default {false} */
  readonly fatal?: boolean | undefined;
}

/**
 * Decodes bytes to text: strings, none of them empty, cut where the chunks are, and never inside a
 * character. A byte order mark at the start is left out.
 *
 * No chunk is read before its text is asked for. With `fatal`, a `TypeError` surfaces after the
 * text of the chunks before the one whose bytes are not of the encoding.
 *
 * @param options The encoding, and whether it is held to.
 * @throws {TypeError | RangeError} If an option is not valid, or the runtime does not know the encoding.
 *
 * @category Text
 *
 * @example An encoding of the platform
 * ```ts
 * import { textDecode } from "@headrace/formats";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const text = StreamingPipeline.start<Uint8Array>()
 *   .use("text", textDecode({ encoding: "windows-1252" }));
 *
 * assertEquals(await text.executeToArray([new Uint8Array([0x66, 0xfc, 0x72])]), ["für"]);
 * ```
 */
export function textDecode<TAccumulated = unknown, TContext = unknown>(
  options: TextDecodeOptions = {},
): Operator<Uint8Array, string, TAccumulated, TContext> {
  requireKnown("textDecode", options, ["encoding", "fatal"]);
  const { encoding = "utf-8", fatal = false } = options;
  requireChoice("textDecode", "fatal", fatal, [true, false]);
  // Throws at once where the runtime does not know the encoding.
  new TextDecoder(encoding);
  return transform(() => {
    // Deno 2.9 leaves one out at the start of the second chunk as well.
    const decoder = new TextDecoder(encoding, { fatal, ignoreBOM: true });
    let isStart = true;
    const toItems = (decoded: string): string[] => {
      const text = isStart && decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
      if (decoded !== "") isStart = false;
      return text === "" ? [] : [text];
    };
    return {
      transform: (bytes: Uint8Array) => toItems(decoder.decode(bytes, { stream: true })),
      // A character that a failure of the source has cut in two is none.
      flush: (isComplete: boolean) => isComplete ? toItems(decoder.decode()) : [],
    };
  });
}
