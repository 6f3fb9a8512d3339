import { waitTurns } from "../internal/promises.ts";
import {
  refuse,
  refuseValue,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
} from "../internal/validation.ts";

/**
 * What a source can be, but for a single value: in words that fit into the title of a test.
 *
 * @category Testing
 */
export type SourceKind = (typeof SOURCE_KINDS)[number];

/**
 * Every kind of source that has many items.
 *
 * @category Testing
 */
export const SOURCE_KINDS: readonly [
  "a sync iterable",
  "an async iterable",
  "an async generator",
  "a ReadableStream",
] = [
  "a sync iterable",
  "an async iterable",
  "an async generator",
  "a ReadableStream",
];

/**
 * How a probed source behaves.
 *
 * @typeParam T Its items.
 * @category Testing
 */
export interface SourceOptions<T> {
  /** What it gives, one after the other; 0, 1, 2… without end by default. */
  readonly items?: readonly T[] | undefined;
  /** After this many items it never answers again. Not for a sync iterable. */
  readonly silentAfter?: number | undefined;
  /** After this many items it throws `failure`. */
  readonly failAfter?: number | undefined;
  /** What it throws. */
  readonly failure?: unknown;
  /** What its clean-up throws. */
  readonly closeFailure?: unknown;
  /** Holds the answer with this index back until the promise is settled; a sync iterable answers at once. */
  readonly gate?: ((index: number) => Promise<unknown> | undefined) | undefined;
  /** Called at each pull and each clean-up, which fails or waits as this does. */
  readonly meet?: ((point: "next" | "return") => Promise<unknown> | undefined) | undefined;
}

const SUBJECT = { operator: "make a SourceProbe" };
const OPTIONS = ["items", "silentAfter", "failAfter", "failure", "closeFailure", "gate", "meet"];

/** Turns of the microtask queue that a clean-up takes, so that it shows where it is not waited for. */
const CLEANUP_TURNS = 20;

/**
 * A source that counts what is done to it: opened, read, closed, with which reason, how far ahead. It
 * may be silent, fail, answer late, or never end.
 *
 * @typeParam T Its items.
 * @category Testing
 *
 * @example A break closes the source, and waits for its clean-up
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { SourceProbe } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const probe = new SourceProbe("an async generator", { items: ["mill", "wheel", "race"] });
 * const lengths = StreamingPipeline.start<string>().map("length", (word) => word.length);
 * for await (const _ of lengths.execute(probe.source)) break;
 *
 * assertEquals([probe.opened, probe.pulls, probe.closed, probe.cleaned], [1, 1, 1, 1]);
 * ```
 */
export class SourceProbe<T = number> {
  /** What it is. */
  readonly kind: SourceKind;
  /** Iterators made; a stream or generator counts from its first pull. */
  opened = 0;
  /** Items asked for. */
  pulls = 0;
  /** Items given. */
  given = 0;
  /** Calls of `return()` or `cancel()`. */
  closed = 0;
  /** Clean-ups that ran to their end. */
  cleaned = 0;
  /** Clean-ups that closing it has begun; a generator that was never pulled has none. */
  cleanUpsDue = 0;
  /** Whether its reader has seen its end or its failure. */
  isOver = false;
  /** Whether that was so when it was closed, which it must not be then. */
  wasOverAtClose = false;
  /** Whether it owed an answer when it was closed: then its clean-up is not waited for. */
  owedAtClose = false;
  /** What `cancel()` was given. */
  readonly reasons: unknown[] = [];

  readonly #options: SourceOptions<T>;
  #owes = false;

  /** Makes a source of that kind. Throws where an option is not valid. */
  constructor(kind: SourceKind, options: SourceOptions<T> = {}) {
    requireOneOf(SUBJECT, "kind", kind, SOURCE_KINDS);
    requireKnownOptions(SUBJECT, options, OPTIONS);
    const { items, silentAfter, failAfter, gate, meet } = options;
    if (items !== undefined && !Array.isArray(items)) {
      refuseValue(SUBJECT, "items", "an array", items);
    }
    if (silentAfter !== undefined) requireInteger(SUBJECT, "silentAfter", silentAfter, 0);
    if (failAfter !== undefined) requireInteger(SUBJECT, "failAfter", failAfter, 0);
    if (gate !== undefined) requireFunction(SUBJECT, "gate", gate);
    if (meet !== undefined) requireFunction(SUBJECT, "meet", meet);
    if (kind === "a sync iterable" && silentAfter !== undefined) {
      refuse(SUBJECT, `${kind} has no silentAfter: it always answers`);
    }
    this.kind = kind;
    this.#options = options;
  }

  /**
   * The source itself, typed as the one kind that is easiest to pass on. A new one at each read,
   * counted together.
   *
   * @category Testing
   */
  get source(): AsyncIterable<T> {
    if (this.kind === "an async iterable") return this.#createAsyncIterable();
    if (this.kind === "an async generator") return this.#createGenerator();
    const other = this.kind === "a ReadableStream" ? this.createStream() : this.#createIterable();
    return other as unknown as AsyncIterable<T>;
  }

  /**
   * The source as a stream that asks for nothing ahead, unless `strategy` says so.
   *
   * @category Testing
   */
  createStream(strategy: QueuingStrategy<T> = { highWaterMark: 0 }): ReadableStream<T> {
    return new ReadableStream<T>({
      pull: async (controller) => {
        if (this.pulls === 0) this.opened++;
        try {
          const result = await this.#nextAsync();
          if (!result.done) return controller.enqueue(result.value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        this.isOver = true;
      },
      cancel: async (reason) => {
        this.reasons.push(reason);
        this.#noteClose();
        await this.#cleanUp();
      },
    }, strategy);
  }

  #createIterable(): Iterable<T> {
    return {
      [Symbol.iterator]: () => {
        this.opened++;
        return {
          next: () => this.#giveAtOnce(),
          return: () => {
            this.#noteClose();
            this.#options.meet?.("return");
            if ("closeFailure" in this.#options) throw this.#options.closeFailure;
            this.cleaned++;
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  #createAsyncIterable(): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        this.opened++;
        return {
          next: () => this.#track(this.#nextAsync()),
          return: async () => {
            this.#noteClose();
            await this.#cleanUp();
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  #createGenerator(): AsyncGenerator<T, void, undefined> {
    const generator = this.#generate();
    const next = generator.next.bind(generator) as () => Promise<IteratorResult<T, undefined>>;
    const close = generator.return.bind(generator);
    let isPulled = false;
    generator.next = () => {
      isPulled = true;
      return this.#track(next());
    };
    generator.return = (value) => {
      this.#noteClose(isPulled);
      return close(value);
    };
    return generator;
  }

  async *#generate(): AsyncGenerator<T, void, undefined> {
    this.opened++;
    let isOver = false;
    try {
      for (;;) {
        isOver = true;
        const result = await this.#nextAsync();
        if (result.done) return;
        isOver = false;
        yield result.value;
      }
    } finally {
      if (!isOver) await this.#cleanUp();
    }
  }

  /** Notes when an answer is owed. A stream never owes one: cancelling it answers its reads. */
  #track(answer: Promise<IteratorResult<T, undefined>>): typeof answer {
    this.#owes = true;
    const settled = (isOver: boolean) => {
      this.#owes = false;
      this.isOver ||= isOver;
    };
    answer.then(({ done }) => settled(done === true), () => settled(true));
    return answer;
  }

  async #nextAsync(): Promise<IteratorResult<T, undefined>> {
    const index = this.pulls++;
    const { gate, meet, silentAfter } = this.#options;
    if (index === silentAfter) await new Promise(() => {});
    if (meet !== undefined) await meet("next");
    await gate?.(index);
    return this.#give(index);
  }

  #giveAtOnce(): IteratorResult<T, undefined> {
    this.isOver = true;
    this.#options.meet?.("next");
    const result = this.#give(this.pulls++);
    this.isOver = result.done === true;
    return result;
  }

  #give(index: number): IteratorResult<T, undefined> {
    const { items, failAfter, failure } = this.#options;
    if (index === failAfter) throw failure;
    if (items !== undefined && index >= items.length) return { done: true, value: undefined };
    this.given++;
    return { done: false, value: items === undefined ? index as T : items[index]! };
  }

  #noteClose(hasCleanUp = true): void {
    this.closed++;
    if (hasCleanUp) this.cleanUpsDue++;
    this.owedAtClose ||= this.#owes;
    this.wasOverAtClose ||= this.isOver;
  }

  async #cleanUp(): Promise<void> {
    await waitTurns(CLEANUP_TURNS);
    await this.#options.meet?.("return");
    if ("closeFailure" in this.#options) throw this.#options.closeFailure;
    this.cleaned++;
  }
}
