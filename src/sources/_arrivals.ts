/**
 * The answers of several sources, in the order in which they have come.
 *
 * @module
 */

import { Ring } from "../internal/ring.ts";
import { type Reading, SourceIterator, stepsOf } from "./_iterator.ts";
import { SourceReader } from "./_reader.ts";

/** Emits what `read` makes of the answers of `sources`. */
export function iterateArrivals<TItem, T>(
  sources: readonly unknown[],
  read: (arrivals: Arrivals<TItem>) => Reading<T>,
): SourceIterator<T> {
  return new SourceIterator((wake) => {
    const arrivals = new Arrivals<TItem>(sources, wake);
    return { read: stepsOf(read(arrivals)), inputs: arrivals.readers };
  });
}

/** Asks sources side by side; holds one answer per source at most. */
export class Arrivals<T> {
  readonly readers: readonly SourceReader<T>[];
  readonly #answered: Ring<SourceReader<T>> = new Ring();
  #hasFailure = false;

  /** `wake` is called when an answer has come. */
  constructor(sources: readonly unknown[], wake: () => void) {
    const onAnswer = (reader: SourceReader<T>) => {
      this.#add(reader);
      wake();
    };
    this.readers = sources.map((source) => new SourceReader<T>(source, onAnswer));
  }

  /** Asks for an item, unless a failure has come: what is asked for then would be lost. */
  ask(reader: SourceReader<T>): void {
    if (!this.#hasFailure && reader.ask()) this.#add(reader);
  }

  /** Takes out the source that answered first. */
  shift(): SourceReader<T> | undefined {
    return this.#answered.shift();
  }

  #add(reader: SourceReader<T>): void {
    this.#hasFailure ||= reader.hasFailed;
    this.#answered.push(reader);
  }
}
