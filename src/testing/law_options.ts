import type { Operator } from "../core/operator.ts";
import type { PipelineOf } from "../base/types.ts";

/**
 * What laws are run against: an operator, a pipeline, or a function over an async iterable such as an
 * async generator function.
 *
 * @typeParam TInput The items that it reads.
 * @typeParam TOutput The items that come out.
 * @category Testing
 */
export type LawSubject<TInput, TOutput> =
  | Operator<TInput, TOutput>
  | PipelineOf<TInput, TOutput>
  | ((
    source: AsyncIterable<TInput>,
    options: { readonly signal: AbortSignal },
  ) => AsyncIterable<TOutput>);

/**
 * What must come out, and what else is promised: the more is said, the more laws there are.
 *
 * @typeParam TInput The items that it reads.
 * @typeParam TOutput The items that come out.
 * @category Testing
 */
export interface LawOptions<TInput, TOutput> {
  /** What it is run on: a few items, of every kind that makes a difference. At least two. */
  readonly items: readonly TInput[];
  /**
   * What comes out when `items` have gone in: by the end of the stream, or, where it has not `ended`,
   * as far as that can be without a further item. It is called with the first of `items` only, 0 to
   * all of them, and with `anyItems`.
   */
  readonly model: (items: readonly TInput[], ended: boolean) => readonly TOutput[];
  /** How many items it may read beyond those that its output needs. @default {0} */
  readonly ahead?: number | undefined;
  /** Whether what comes out has the order that the model says. @default {true} */
  readonly ordered?: boolean | undefined;
  /** An item on which it fails. Without one, the laws are not tried on failures of its own. */
  readonly badItem?: { readonly item: TInput } | undefined;
  /** Whether any value may be an item: then `undefined`, `NaN`, functions and the like pass as well. */
  readonly anyItems?: boolean | undefined;
  /** Whether durable runs may have it in the mode `acks`: law L16. Not for functions. */
  readonly acks?: boolean | undefined;
  /** Whether durable runs may have it in the mode `snapshots`: law L17. Not for functions. */
  readonly restores?: boolean | undefined;
  /**
   * Whether two outputs are the same. By default they are looked into: arrays, plain objects, maps,
   * sets, dates, errors and bytes by what they hold, all others by identity.
   */
  readonly isEqual?: ((found: TOutput, expected: TOutput) => boolean) | undefined;
  /**
   * The real time after which what has not happened counts as never happening, in milliseconds; only a
   * law that is broken takes so long. Timers of the library take no time.
   *
   * @default {1000}
   */
  readonly waitMs?: number | undefined;
}

/**
 * The laws that can be run: see the guarantees.
 *
 * @category Testing
 */
export type Law =
  | "L1"
  | "L2"
  | "L3"
  | "L4"
  | "L5"
  | "L6"
  | "L7"
  | "L8"
  | "L10"
  | "L12"
  | "L13"
  | "L14"
  | "L16"
  | "L17";

/**
 * One check, for any test runner.
 *
 * @category Testing
 */
export interface LawCheck {
  /** The law that it belongs to. */
  readonly law: Law;
  /** A sentence, with the number of the law in front: `"[L4] words closes its source when …"`. */
  readonly title: string;
  /** Rejects with a `LawError` where the law is broken. It has the library's clock meanwhile. */
  readonly run: () => Promise<void>;
}

/**
 * A law that is broken. Its message says what has happened, and what must.
 *
 * @category Testing
 *
 * @example Which law it is
 * ```ts
 * import { LawError } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const error: unknown = new LawError("L4", "The source was left open");
 *
 * assertEquals(error instanceof LawError && error.law, "L4");
 * ```
 */
export class LawError extends Error {
  /** The class's name. */
  override readonly name = "LawError";
  /** The law. */
  readonly law: Law;

  /** Makes the error; `cause` is what the operator has thrown, where it has. */
  constructor(law: Law, message: string, options?: ErrorOptions) {
    super(`${law}: ${message}`, options);
    this.law = law;
  }
}
