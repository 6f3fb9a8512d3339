import { AnyOperator, type Operator, requireOperator, type StageHost } from "../core/operator.ts";
import type { Stage } from "../core/stage.ts";
import { refuseNumber } from "../internal/validation.ts";

/** Each pipe inside another one makes the keys of its stages longer. */
const MAX_PIPE_DEPTH = 100;

/**
 * Makes one operator of several, whose stages follow one another: from two to eight.
 *
 * Used under a key, the last part has the key, and state shows what it makes. The others have keys
 * of their own, `key/1` and so on, which errors and metadata show and state does not. All parts read
 * the state and the context of the place where the whole is used.
 *
 * @returns The operator of all parts.
 * @throws {TypeError} If a part is not an operator.
 * @category Operators
 *
 * @example A part with two stages
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { batch, map, pipe } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const sums = pipe(batch<number>(2), map((pair) => pair.reduce((sum, each) => sum + each)));
 * const pipeline = StreamingPipeline.start<number>().use("sums", sums);
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [3, 3]);
 * ```
 */
export function pipe<TInput, T1, T2, TAccumulated, TContext, TValue>(
  operator1: Operator<TInput, T1, TAccumulated, TContext, unknown>,
  operator2: Operator<T1, T2, TAccumulated, TContext, TValue>,
): Operator<TInput, T2, TAccumulated, TContext, TValue>;
/** Makes one operator of three. */
export function pipe<TInput, T1, T2, T3, TAccumulated, TContext, TValue>(
  operator1: Operator<TInput, T1, TAccumulated, TContext, unknown>,
  operator2: Operator<T1, T2, TAccumulated, TContext, unknown>,
  operator3: Operator<T2, T3, TAccumulated, TContext, TValue>,
): Operator<TInput, T3, TAccumulated, TContext, TValue>;
/** Makes one operator of four. */
export function pipe<TInput, T1, T2, T3, T4, TAccumulated, TContext, TValue>(
  operator1: Operator<TInput, T1, TAccumulated, TContext, unknown>,
  operator2: Operator<T1, T2, TAccumulated, TContext, unknown>,
  operator3: Operator<T2, T3, TAccumulated, TContext, unknown>,
  operator4: Operator<T3, T4, TAccumulated, TContext, TValue>,
): Operator<TInput, T4, TAccumulated, TContext, TValue>;
/** Makes one operator of five. */
export function pipe<TInput, T1, T2, T3, T4, T5, TAccumulated, TContext, TValue>(
  operator1: Operator<TInput, T1, TAccumulated, TContext, unknown>,
  operator2: Operator<T1, T2, TAccumulated, TContext, unknown>,
  operator3: Operator<T2, T3, TAccumulated, TContext, unknown>,
  operator4: Operator<T3, T4, TAccumulated, TContext, unknown>,
  operator5: Operator<T4, T5, TAccumulated, TContext, TValue>,
): Operator<TInput, T5, TAccumulated, TContext, TValue>;
/** Makes one operator of six. */
export function pipe<TInput, T1, T2, T3, T4, T5, T6, TAccumulated, TContext, TValue>(
  operator1: Operator<TInput, T1, TAccumulated, TContext, unknown>,
  operator2: Operator<T1, T2, TAccumulated, TContext, unknown>,
  operator3: Operator<T2, T3, TAccumulated, TContext, unknown>,
  operator4: Operator<T3, T4, TAccumulated, TContext, unknown>,
  operator5: Operator<T4, T5, TAccumulated, TContext, unknown>,
  operator6: Operator<T5, T6, TAccumulated, TContext, TValue>,
): Operator<TInput, T6, TAccumulated, TContext, TValue>;
/** Makes one operator of seven. */
export function pipe<TInput, T1, T2, T3, T4, T5, T6, T7, TAccumulated, TContext, TValue>(
  operator1: Operator<TInput, T1, TAccumulated, TContext, unknown>,
  operator2: Operator<T1, T2, TAccumulated, TContext, unknown>,
  operator3: Operator<T2, T3, TAccumulated, TContext, unknown>,
  operator4: Operator<T3, T4, TAccumulated, TContext, unknown>,
  operator5: Operator<T4, T5, TAccumulated, TContext, unknown>,
  operator6: Operator<T5, T6, TAccumulated, TContext, unknown>,
  operator7: Operator<T6, T7, TAccumulated, TContext, TValue>,
): Operator<TInput, T7, TAccumulated, TContext, TValue>;
/** Makes one operator of eight. */
export function pipe<TInput, T1, T2, T3, T4, T5, T6, T7, T8, TAccumulated, TContext, TValue>(
  operator1: Operator<TInput, T1, TAccumulated, TContext, unknown>,
  operator2: Operator<T1, T2, TAccumulated, TContext, unknown>,
  operator3: Operator<T2, T3, TAccumulated, TContext, unknown>,
  operator4: Operator<T3, T4, TAccumulated, TContext, unknown>,
  operator5: Operator<T4, T5, TAccumulated, TContext, unknown>,
  operator6: Operator<T5, T6, TAccumulated, TContext, unknown>,
  operator7: Operator<T6, T7, TAccumulated, TContext, unknown>,
  operator8: Operator<T7, T8, TAccumulated, TContext, TValue>,
): Operator<TInput, T8, TAccumulated, TContext, TValue>;
export function pipe(...operators: readonly unknown[]): unknown {
  return new PipedOperator(operators);
}

/** The last part has the key of the whole; the others have one that state does not show. */
class PipedOperator extends AnyOperator {
  readonly name = "pipe";
  /** How many pipes are nested, this one included. */
  readonly depth: number;
  readonly #parts: readonly AnyOperator[];

  constructor(operators: readonly unknown[]) {
    super();
    this.#parts = operators.map((operator, index) => {
      requireOperator({ operator: "pipe" }, `argument ${index + 1}`, operator);
      return operator;
    });
    const inner = this.#parts.map((part) => part instanceof PipedOperator ? part.depth : 0);
    this.depth = Math.max(0, ...inner) + 1;
    if (this.depth <= MAX_PIPE_DEPTH) return;
    const rule = `no more than ${MAX_PIPE_DEPTH} pipes inside one another`;
    refuseNumber({ operator: "pipe" }, "its operators", rule, this.depth);
  }

  build(key: string, host: StageHost): readonly Stage[] {
    const last = this.#parts.length - 1;
    return this.#parts.flatMap((part, index) =>
      index === last
        ? part.build(key, host)
        : part.build(`${key}/${index + 1}`, host).map((stage) => ({ ...stage, isInner: true }))
    );
  }
}
