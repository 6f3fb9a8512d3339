/**
 * A side of a join: its items with their keys.
 *
 * @module
 */

import { isPromiseLike } from "../internal/promises.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { SourceReader } from "./_reader.ts";
import type { JoinSide } from "./join_errors.ts";

/** Reads a side and knows the key of the item that it gave last. */
export class KeyedReader {
  readonly side: JoinSide;
  readonly #input: SourceReader<unknown>;
  readonly #keyOf: (item: unknown) => unknown;
  /** The key of the item that `next` gave last. */
  key: unknown;
  /** How many items were given. */
  count = 0;

  constructor(
    side: JoinSide,
    input: SourceReader<unknown>,
    keyOf: (item: unknown) => unknown,
  ) {
    this.side = side;
    this.#input = input;
    this.#keyOf = keyOf;
  }

  /** The next item, `END` or `WAIT`. */
  next(): unknown {
    const item = this.#input.next();
    if (item === WAIT || item === END) return item;
    const key = this.#keyOf(item);
    if (isPromiseLike(key)) {
      // Two promises are never the same key: nothing would ever match.
      throw new TypeError(`Cannot join: ${this.side}Key must return a key, got a promise`);
    }
    this.key = key;
    this.count++;
    return item;
  }
}
