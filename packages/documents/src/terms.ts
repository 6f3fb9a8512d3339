import { requireText } from "./_options.ts";

/** Letters and digits with the marks that belong to them: of Hindi and Thai, vowels are marks. */
const RUN = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
/** Scripts without spaces between words, and Hangul, which writes particles onto its words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * What a text is found by.
 *
 * @category Search
 */
export interface Term {
  /** In lower case, in the form NFKC. */
  readonly text: string;
  /** A word, a word of a script without spaces, or two neighbouring characters of such a script. */
  readonly kind: "word" | "unspaced" | "pair";
}

/**
 * Yields the words of a text in order, in lower case. Where a script has no spaces,
 * `Intl.Segmenter` finds the words; the pairs of characters come too, because it may cut the same
 * word in another way in another sentence.
 *
 * @param text Any text.
 * @category Search
 *
 * @example Words with and without spaces between them
 * ```ts
 * import { termsOf } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(Array.from(termsOf("The Mill!"), ({ text }) => text), ["the", "mill"]);
 * assertEquals(Array.from(termsOf("水車"), ({ text }) => text).includes("水車"), true);
 * ```
 */
export function termsOf(text: string): Generator<Term, void, undefined> {
  requireText("termsOf", text);
  return readTerms(text);
}

function* readTerms(text: string): Generator<Term, void, undefined> {
  for (const [run] of text.normalize("NFKC").toLowerCase().matchAll(RUN)) {
    // The segmenter takes many times as long as the expression.
    if (!UNSPACED.test(run)) {
      yield { text: run, kind: "word" };
      continue;
    }
    for (const { segment, isWordLike } of segmenter.segment(run)) {
      if (isWordLike) {
        yield { text: segment, kind: UNSPACED.test(segment) ? "unspaced" : "word" };
      }
    }
    yield* pairsOf(run);
  }
}

function* pairsOf(run: string): Generator<Term, void, undefined> {
  let before = "";
  for (const character of run) {
    const isUnspaced = UNSPACED.test(character);
    if (isUnspaced && before !== "") yield { text: before + character, kind: "pair" };
    before = isUnspaced ? character : "";
  }
}
