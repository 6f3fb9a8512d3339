import { complaint } from "./_options.ts";
import { partsOf } from "./_safe_cut.ts";

/**
 * Encodings of tokens: that of GPT-4 and the embedding models, and that of GPT-4o and later.
 *
 * @category Splitting
 */
export type TokenEncoding = "cl100k_base" | "o200k_base";

/**
 * Counts the tokens of a text.
 *
 * @category Splitting
 */
export type TokenCounter = (text: string) => number;

/**
 * The counter, with its answers checked: a promise, or tokens in place of their number, would bound
 * nothing.
 */
export function requireCounts(name: string, count: TokenCounter): TokenCounter {
  return (text) => {
    const tokens: unknown = count(text);
    if (typeof tokens === "number" && tokens >= 0) return tokens;
    throw new TypeError(
      complaint(name, "what countTokens returns", "a number that is not negative", tokens),
    );
  };
}

/** A run without spaces is one piece for the encoder, whose time grows by the square of it. */
const PART_CHARS = 1024;

/**
 * Loads a counter of tokens. A text of up to 1,024 characters is counted exactly; a longer one in
 * parts, each cut adding one token at most, so that odd input takes no longer than other.
 *
 * @throws {TypeError} The encoding is not known.
 *
 * @example Tokens of a sentence
 * ```ts
 * import { loadTokenCounter } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const count = await loadTokenCounter("cl100k_base");
 * assertEquals(count("The turbine must be off."), 6);
 * ```
 *
 * @category Splitting
 */
export async function loadTokenCounter(
  encoding: TokenEncoding = "cl100k_base",
): Promise<TokenCounter> {
  const { countTokens } = await load(encoding);
  // A text may well be about "<|endoftext|>".
  const options = { disallowedSpecial: new Set<string>() };
  return (text) => {
    let count = 0;
    for (const part of partsOf(text, PART_CHARS)) count += countTokens(part, options);
    return count;
  };
}

function load(encoding: TokenEncoding) {
  switch (encoding) {
    case "cl100k_base":
      return import("gpt-tokenizer/encoding/cl100k_base");
    case "o200k_base":
      return import("gpt-tokenizer/encoding/o200k_base");
    default:
      throw new TypeError(
        complaint("loadTokenCounter", "encoding", '"cl100k_base" or "o200k_base"', encoding),
      );
  }
}
