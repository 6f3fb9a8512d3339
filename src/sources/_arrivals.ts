/**
 * The answers of several sources, in the order in which they have come.
 *
 * @module
 */

import { Ring } from "../internal/ring.ts";
import { SourceReader } from "./_reader.ts";

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
