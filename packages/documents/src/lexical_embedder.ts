/**
 * Vectors of texts by the words that they share, offline. It loads little, so that workers begin soon.
 *
 * @example A text as a vector
 * ```ts
 * import { hashText } from "@headrace/documents/lexical";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hashText("The mill wheel").length, 1_024);
 * ```
 *
 * @module
 */

import { requireText } from "./_options.ts";
import type { Embedder } from "./embedder.ts";
import { unitVector } from "./unit_vector.ts";
import { type Term, termsOf } from "./terms.ts";

/** Length of the vectors. A power of two, so that the low bits of a hash choose the place. */
const DIMENSIONS = 1024;
const GRAM_CHARS = 4;

/** How much each kind of feature counts. */
const WORD_WEIGHT = 1;
const PAIR_WEIGHT = 0.5;
const GRAM_WEIGHT = 0.25;
/** Shorter words count less, in proportion: "the" and "of" are in every text, in most languages. */
const FULL_WEIGHT_CHARS = { word: 6, unspaced: 2 } as const;

/** Keep the kinds of features apart, so that a short word is not its own 4-gram. */
const WORD_SEED = 0x9e3779b9;
const PAIR_SEED = 0x7f4a7c15;
const GRAM_SEED = 0x94d049bb;

/** The highest of the thirty bits: independent of the low ones, which choose the place. */
const SIGN_BIT = 1 << 29;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * An offline embedder that compares texts by the words and word parts they share, not by what they
 * mean: signed feature hashing (Weinberger et al. 2009) of words, word pairs and character 4-grams,
 * with sub-linear counts, scaled to length 1. Scripts without spaces have pairs of characters in
 * place of the 4-grams. A text without words has a vector of zeros: there is nothing to compare.
 *
 * @category Embedding
 *
 * @example Texts that share words are close
 * ```ts
 * import { LexicalEmbedder } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const embedder = new LexicalEmbedder();
 * const texts = ["the mill wheel", "a mill wheel", "a sailing boat"];
 * const [mill, wheel, boat] = await embedder.embed(texts);
 * const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, at) => sum + x * b[at]!, 0);
 * assertEquals(dot(mill!, wheel!) > dot(mill!, boat!), true);
 * ```
 */
export class LexicalEmbedder implements Embedder {
  /** Names the kind of hashing: it changes when the vectors do. */
  readonly model: string = `lexical-hash-2-${DIMENSIONS}`;

  /**
   * Vectors of length 1, or of zeros.
   *
   * @category Embedding
   */
  embed(texts: readonly string[], _signal?: AbortSignal): Promise<readonly Float32Array[]> {
    return Promise.resolve(texts.map(hashText));
  }
}

/**
 * The vector of {@linkcode LexicalEmbedder} for one text: of length 1, or of zeros.
 *
 * @param text Any text.
 * @category Embedding
 *
 * @example The same words in any case
 * ```ts
 * import { hashText } from "@headrace/documents/lexical";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hashText("The MILL!"), hashText("the mill"));
 * ```
 */
export function hashText(text: string): Float32Array {
  requireText("hashText", text);
  const features = new FeatureVector();
  let before: Term | undefined;
  let beforeHash = 0;
  for (const term of termsOf(text)) {
    const { text: word, kind } = term;
    const wordHash = hash(word, 0, word.length);
    if (kind === "pair") {
      features.add(finish(wordHash ^ GRAM_SEED), GRAM_WEIGHT);
      continue;
    }
    features.add(finish(wordHash ^ WORD_SEED), WORD_WEIGHT * wordWeight(term));
    if (before !== undefined) {
      const weight = PAIR_WEIGHT * Math.min(wordWeight(before), wordWeight(term));
      features.add(finish(Math.imul(beforeHash, FNV_PRIME) ^ wordHash ^ PAIR_SEED), weight);
    }
    if (kind === "word") addGrams(features, word);
    before = term;
    beforeHash = wordHash;
  }
  return features.toUnit();
}

function addGrams(features: FeatureVector, word: string): void {
  // The spaces tell beginnings and ends of words from middles.
  const padded = ` ${word} `;
  for (let start = 0; start + GRAM_CHARS <= padded.length; start++) {
    features.add(finish(hash(padded, start, start + GRAM_CHARS) ^ GRAM_SEED), GRAM_WEIGHT);
  }
}

function wordWeight({ text, kind }: Term): number {
  const full = kind === "word" ? FULL_WEIGHT_CHARS.word : FULL_WEIGHT_CHARS.unspaced;
  return Math.min(1, text.length / full);
}

class FeatureVector {
  readonly #vector = new Float32Array(DIMENSIONS);
  readonly #counts = new Map<number, number>();

  /** A feature seen n times adds 1 + ln(n) times its weight in all. */
  add(feature: number, weight: number): void {
    const count = (this.#counts.get(feature) ?? 0) + 1;
    this.#counts.set(feature, count);
    const gain = count === 1 ? 1 : Math.log(count / (count - 1));
    const sign = feature & SIGN_BIT ? -1 : 1;
    const place = feature % DIMENSIONS;
    this.#vector[place] = (this.#vector[place] ?? 0) + sign * weight * gain;
  }

  /** The vector scaled to length 1; zeros stay zeros. */
  toUnit(): Float32Array {
    return unitVector(this.#vector) ?? this.#vector;
  }
}

/** FNV-1a over a part of the text. */
function hash(text: string, start: number, end: number): number {
  let value = FNV_OFFSET;
  for (let at = start; at < end; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), FNV_PRIME);
  }
  return value;
}

/**
 * The finaliser of MurmurHash3: spreads the hashes of short texts over all bits. Thirty of them are
 * enough, and V8 keeps such a number in place where a larger one would be an object.
 */
function finish(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 2;
}
