/**
 * The source, the stage functions and the fold that all contenders share.
 *
 * @module
 */

/** The integers from 0 to `count - 1`. */
export function* numbers(count: number): Generator<number, void, undefined> {
  for (let number = 0; number < count; number++) yield number;
}

export const increment = (item: number): number => item + 1;
export const triple = (item: number): number => item * 3;
export const decrement = (item: number): number => item - 1;
export const isEven = (item: number): boolean => (item & 1) === 0;

/** The least an asynchronous function can do: its promise is fulfilled when it returns. */
// deno-lint-ignore require-await -- the cost of a promise per item is what is measured
export const incrementLater = async (item: number): Promise<number> => item + 1;

/** The same with a turn of the microtask queue inside, as any function has that waits. */
export const incrementAfterTurn = async (item: number): Promise<number> => {
  await null;
  return item + 1;
};

/** Folds an item into a hash that depends on the order of the items. */
export function checksum(hash: number, item: number): number {
  return (Math.imul(hash, 31) + item) | 0;
}

/** The checksum of three maps and one filter over `numbers(items)`, by plain arrays. */
export function expectedOfSyncChain(items: number): number {
  return Array.from({ length: items }, (_, index) => index)
    .map(increment).map(triple).map(decrement).filter(isEven)
    .reduce(checksum, 0);
}

/** The checksum of one increment over `numbers(items)`, by plain arrays. */
export function expectedOfIncrement(items: number): number {
  return Array.from({ length: items }, (_, index) => index + 1).reduce(checksum, 0);
}

/** The checksum of all items of an async iterable, consumed by `for await`. */
export async function checksumOf(items: AsyncIterable<number>): Promise<number> {
  let hash = 0;
  for await (const item of items) hash = checksum(hash, item);
  return hash;
}

/** The same integers as an asynchronous source gives them, `step` apart from `first` on. */
export async function* numbersLater(
  count: number,
  first = 0,
  step = 1,
): AsyncGenerator<number, void, undefined> {
  for (let number = first; number < count; number += step) yield number;
}

/** The same integers as a web stream gives them, one when it is asked. */
export function numberStream(count: number): ReadableStream<number> {
  let number = 0;
  return new ReadableStream({
    pull(controller) {
      if (number < count) controller.enqueue(number++);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

/**
 * Hashes of items that come in order within a lane and in none between lanes: one for each
 * remainder. Nothing can be left out, and nothing swapped within a lane.
 */
export class LaneHashes {
  readonly #hashes: number[];

  constructor(lanes: number) {
    this.#hashes = new Array(lanes).fill(0);
  }

  add(item: number): this {
    const lane = item % this.#hashes.length;
    this.#hashes[lane] = checksum(this.#hashes[lane]!, item);
    return this;
  }

  /** All lanes in one. */
  get combined(): number {
    return this.#hashes.reduce(checksum, 0);
  }
}

/** Adds an item to the hashes: a reducer. */
export const addToLane = (hashes: LaneHashes, item: number): LaneHashes => hashes.add(item);
