import { complaint, requireInteger, requireKnownOptions } from "../internal/validation.ts";

/**
 * How a {@linkcode SourceProbe} behaves.
 *
 * @category Testing
 */
export interface SourceProbeOptions {
  /** After so many items it throws `failure`: a non-negative integer. Never by default. */
  readonly failAfter?: number | undefined;
  /** What it throws; an `Error` by default. */
  readonly failure?: unknown;
  /** After so many items it answers no more: a non-negative integer. Never by default. */
  readonly silentAfter?: number | undefined;
}

/**
 * A source that counts what is done to it: that it is read no further than it is asked, and closed
 * once.
 *
 * It can be read any number of times, from its first item on; the counts are of all times together.
 *
 * @typeParam T The items.
 * @category Testing
 *
 * @example A source that is left early
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { SourceProbe } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const source = new SourceProbe([1, 2, 3]);
 * await StreamingPipeline.start<number>().take("two", 2).executeToArray(source);
 *
 * assertEquals([source.pullCount, source.openCount, source.closedCount], [2, 0, 1]);
 * ```
 */
export class SourceProbe<T> implements AsyncIterable<T> {
  readonly #items: readonly T[];
  readonly #options: SourceProbeOptions;
  #pullCount = 0;
  #givenCount = 0;
  #openCount = 0;
  #closedCount = 0;

  /** Gives `items`, one after the other. Throws where an argument or option is not valid. */
  constructor(items: readonly T[], options: SourceProbeOptions = {}) {
    const subject = { operator: "make a SourceProbe" };
    if (!Array.isArray(items)) throw new TypeError(complaint(subject, "items", "an array", items));
    requireKnownOptions(subject, options, ["failAfter", "failure", "silentAfter"]);
    const { failAfter, silentAfter } = options;
    if (failAfter !== undefined) requireInteger(subject, "failAfter", failAfter, 0);
    if (silentAfter !== undefined) requireInteger(subject, "silentAfter", silentAfter, 0);
    this.#items = items;
    this.#options = options;
  }

  /**
   * How many items were asked for.
   *
   * @category Testing
   */
  get pullCount(): number {
    return this.#pullCount;
  }

  /**
   * How many items were given.
   *
   * @category Testing
   */
  get givenCount(): number {
    return this.#givenCount;
  }

  /**
   * How many readings have begun, and neither ended nor been closed.
   *
   * @category Testing
   */
  get openCount(): number {
    return this.#openCount;
  }

  /**
   * How many readings were closed before they had ended or failed.
   *
   * @category Testing
   */
  get closedCount(): number {
    return this.#closedCount;
  }

  /**
   * Begins a reading.
   *
   * @category Testing
   */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    let index = 0;
    let isOver = false;
    this.#openCount++;
    const end = () => {
      isOver = true;
      this.#openCount--;
    };
    return {
      next: async () => {
        if (isOver) return { done: true, value: undefined };
        this.#pullCount++;
        if (index === this.#options.silentAfter) return await new Promise(() => {});
        if (index === this.#options.failAfter) {
          end();
          throw "failure" in this.#options ? this.#options.failure : new Error("The source failed");
        }
        if (index === this.#items.length) {
          end();
          return { done: true, value: undefined };
        }
        this.#givenCount++;
        return { done: false, value: this.#items[index++]! };
      },
      return: () => {
        if (!isOver) {
          end();
          this.#closedCount++;
        }
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}
