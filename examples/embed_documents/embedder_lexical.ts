import type { Embedder } from "./embedder.ts";

/** Length of the vectors. A power of two, so that the low bits of a hash choose the place. */
const DIMENSIONS = 1024;
const GRAM_CHARS = 4;

/** How much each kind of feature counts. */
const WORD_WEIGHT = 1;
const PAIR_WEIGHT = 0.5;
const GRAM_WEIGHT = 0.25;
/** Shorter words count less, in proportion: "the" and "of" are in every text, in most languages. */
const FULL_WEIGHT_CHARS = 6;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * An offline embedder that compares texts by the words and word parts they share, not by what they
 * mean: signed feature hashing (Weinberger et al. 2009) of words, word pairs and character 4-grams,
 * with sub-linear counts, scaled to length 1.
 */
export class LexicalEmbedder implements Embedder {
  readonly model: string = `lexical-hash-1-${DIMENSIONS}`;

  embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    return Promise.resolve(texts.map(hashText));
  }
}

interface Feature {
  readonly hash: number;
  readonly weight: number;
}

function hashText(text: string): Float32Array {
  const words = text.normalize("NFKC").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const vector = new Float32Array(DIMENSIONS);
  for (const { hash, weight, count } of countFeatures(listFeatures(words))) {
    const place = hash % DIMENSIONS;
    const sign = hash >= 0x80000000 ? -1 : 1;
    vector[place] = (vector[place] ?? 0) + sign * weight * (1 + Math.log(count));
  }
  return scaleToUnit(vector);
}

function* listFeatures(words: readonly string[]): Generator<Feature, void, undefined> {
  let before = "";
  for (const word of words) {
    yield { hash: hash(word, "w"), weight: WORD_WEIGHT * wordWeight(word) };
    if (before !== "") {
      const weight = PAIR_WEIGHT * Math.min(wordWeight(before), wordWeight(word));
      yield { hash: hash(`${before} ${word}`, "p"), weight };
    }
    before = word;
    // The spaces tell beginnings and ends of words from middles.
    const padded = ` ${word} `;
    for (let start = 0; start + GRAM_CHARS <= padded.length; start++) {
      yield { hash: hash(padded.slice(start, start + GRAM_CHARS), "g"), weight: GRAM_WEIGHT };
    }
  }
}

function wordWeight(word: string): number {
  return Math.min(1, word.length / FULL_WEIGHT_CHARS);
}

function countFeatures(features: Iterable<Feature>): Iterable<Feature & { count: number }> {
  const counted = new Map<number, Feature & { count: number }>();
  for (const feature of features) {
    const known = counted.get(feature.hash);
    if (known === undefined) counted.set(feature.hash, { ...feature, count: 1 });
    else known.count++;
  }
  return counted.values();
}

/** FNV-1a with the finaliser of MurmurHash3, which spreads short inputs over all 32 bits. */
function hash(text: string, kind: string): number {
  let value = Math.imul(FNV_OFFSET ^ kind.charCodeAt(0), FNV_PRIME);
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), FNV_PRIME);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function scaleToUnit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}
