/**
 * Node's `Readable` operators, where the runtime has them.
 *
 * @module
 */

import type { Readable } from "node:stream";
import type { Contender } from "../lib/row.ts";

type ReadableClass = typeof Readable;

async function load(): Promise<ReadableClass | undefined> {
  // Not a literal in the import, so that a bundler leaves it to the runtime.
  const specifier = "node:stream";
  try {
    const { Readable } = await import(specifier) as { Readable: ReadableClass };
    return typeof Readable.prototype.map === "function" ? Readable : undefined;
  } catch {
    // A runtime without Node's modules has no such contender; its rows go without it.
    return undefined;
  }
}

const READABLE: ReadableClass | undefined = await load();

/** The contender that `make` builds from Node's `Readable`, or none. */
export function nodeContender(make: (readable: ReadableClass) => Contender): Contender[] {
  return READABLE === undefined ? [] : [make(READABLE)];
}
