/** What runs on other cores of the offline embedder. */

import { hashText } from "@headrace/documents/lexical";
import type { WorkerContext } from "@headrace/workers";

/** One vector for each text, in the same order; they are moved to the caller. */
export function hashTexts(
  texts: readonly string[],
  _index: number,
  { transfer }: WorkerContext,
): Float32Array[] {
  const vectors = texts.map(hashText);
  transfer(vectors.map(({ buffer }) => buffer));
  return vectors;
}
