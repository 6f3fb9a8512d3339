import { CountError, requireAnswers } from "../internal/answer_count.ts";
import { firstStatusOf } from "../internal/causes.ts";
import { causesOf } from "../internal/thrown.ts";
import { requireFunction, requireKnownOptions } from "../internal/validation.ts";

const SUBJECT = { operator: "bisect" };
const OPTIONS = ["when", "whenFailed"];

/** Bad request, content too large, unprocessable content: what is wrong may be one item. */
const REFUSING_STATUSES: ReadonlySet<unknown> = new Set([400, 413, 422]);

/**
 * A function over batches: an answer for each item, in order. What follows the items is passed
 * on, such as the index and the context of a stage's function.
 *
 * @typeParam TItem The type of one item.
 * @typeParam TOutput The type of its answer.
 * @typeParam TRest The types of the parameters after the items.
 * @category Policies
 */
export type BatchCall<TItem, TOutput, TRest extends readonly unknown[] = []> = (
  items: readonly TItem[],
  ...rest: TRest
) => readonly TOutput[] | PromiseLike<readonly TOutput[]>;

/**
 * What `bisect` makes of a function over batches.
 *
 * @typeParam TItem The type of one item.
 * @typeParam TOutput The type of its answer.
 * @typeParam TRest The types of the parameters after the items.
 * @category Policies
 */
export type BisectedCall<TItem, TOutput, TRest extends readonly unknown[] = []> = (
  items: readonly TItem[],
  ...rest: TRest
) => Promise<TOutput[]>;

/**
 * When `bisect` halves a batch.
 *
 * @typeParam TItem The type of one item.
 * @category Policies
 */
export interface BisectOptions<TItem = unknown> {
  /**
   * Whether a batch is halved because of what a call has thrown. By default for HTTP 400, 413 and
   * 422, and for `WRONG_COUNT`: there were more or fewer answers than items.
   */
  readonly when?: ((error: unknown, items: readonly TItem[]) => boolean) | undefined;
}

/**
 * As {@linkcode BisectOptions}, with what replaces the answer of an item that fails.
 *
 * @typeParam TItem The type of one item.
 * @typeParam TOther The type of what replaces it.
 * @category Policies
 */
export interface BisectWithOptions<TItem, TOther> extends BisectOptions<TItem> {
  /** Makes what replaces the answer of an item that was refused alone; it may return a promise. */
  readonly whenFailed: (item: TItem, error: unknown) => TOther | PromiseLike<TOther>;
}

/**
 * Makes a function over batches that calls `call` with halves of a batch that is refused, and with
 * halves of these, until single items are refused: so one item that a service cannot take does not
 * lose its neighbours.
 *
 * There is an answer for each item, in order: `{ status: "fulfilled", value }`, or `{ status:
 * "rejected", reason }` where it was refused alone, as of `Promise.allSettled`; with `whenFailed`,
 * the answers as they are, and for a refused item what that makes. Halves are called one
 * after the other: k refused items among n take about 2k·log₂(n) calls. Nothing is called for an
 * empty batch.
 *
 * What is thrown for another reason, such as a service that is down, is thrown as it is. If it is
 * then called with the same array again, as `retry` does, it continues where it was: no item that has
 * its answer is sent twice, and no batch that was halved.
 *
 * Each call should be an attempt of its own for a policy, so the policy goes inside:
 * `bisect((texts) => provider.run((signal) => embed(texts, signal), { input: texts }))`.
 *
 * @typeParam TItem The type of one item.
 * @typeParam TOutput The type of its answer.
 * @typeParam TRest The types of the parameters after the items.
 * @param call Makes an answer for each item of a batch.
 * @param options When a batch is halved.
 * @throws {TypeError} At once, for what is no function, or unknown options.
 * @category Policies
 *
 * @example One text that a service refuses
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { bisect } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * function embed(texts: readonly string[]): Promise<number[]> {
 *   const refusal = Object.assign(new Error("too long"), { status: 400 });
 *   if (texts.some((text) => text.length > 5)) return Promise.reject(refusal);
 *   return Promise.resolve(texts.map((text) => text.length));
 * }
 * const pipeline = StreamingPipeline.start<string>()
 *   .batch("texts", 4)
 *   .map("lengths", bisect(embed, { whenFailed: () => -1 }))
 *   .flatten("length");
 *
 * assertEquals(await pipeline.executeToArray(["mill", "headrace", "wheel"]), [4, -1, 5]);
 * ```
 */
export function bisect<TItem, TOutput, TRest extends readonly unknown[], TOther>(
  call: BatchCall<TItem, TOutput, TRest>,
  options: BisectWithOptions<NoInfer<TItem>, TOther>,
): BisectedCall<TItem, TOutput | TOther, TRest>;
/**
 * As above, with answers that say of each item whether it was refused.
 *
 * @typeParam TItem The type of one item.
 * @typeParam TOutput The type of its answer.
 * @typeParam TRest The types of the parameters after the items.
 * @param call Makes an answer for each item of a batch.
 * @param options When a batch is halved.
 */
export function bisect<TItem, TOutput, TRest extends readonly unknown[]>(
  call: BatchCall<TItem, TOutput, TRest>,
  options?: BisectOptions<NoInfer<TItem>> & { readonly whenFailed?: undefined },
): BisectedCall<TItem, PromiseSettledResult<TOutput>, TRest>;
export function bisect<TItem, TOutput, TRest extends readonly unknown[]>(
  call: BatchCall<TItem, TOutput, TRest>,
  options: BisectOptions<TItem> & {
    readonly whenFailed?: BisectWithOptions<TItem, unknown>["whenFailed"] | undefined;
  } = {},
): BisectedCall<TItem, unknown, TRest> {
  requireFunction(SUBJECT, "its function", call);
  requireKnownOptions(SUBJECT, options, OPTIONS);
  const { when = isRefusal, whenFailed } = options;
  requireFunction(SUBJECT, "when", when);
  if (whenFailed !== undefined) requireFunction(SUBJECT, "whenFailed", whenFailed);
  const fulfill = (value: TOutput): unknown =>
    whenFailed === undefined ? { status: "fulfilled", value } : value;
  const reject = (item: TItem, reason: unknown): unknown =>
    whenFailed === undefined ? { status: "rejected", reason } : whenFailed(item, reason);
  /** How far the batches are that have failed half-way. */
  const unfinished = new WeakMap<object, Progress<TItem>>();

  /** The answers of a part; `undefined` where it must be halved. */
  const answer = async (part: readonly TItem[], rest: TRest): Promise<unknown[] | undefined> => {
    try {
      return requireAnswers(await call(part, ...rest), part.length).map(fulfill);
    } catch (error) {
      if (!when(error, part)) throw error;
      return part.length > 1 ? undefined : [await reject(part[0]!, error)];
    }
  };

  return async (items, ...rest) => {
    const progress = unfinished.get(items) ??
      { answers: [], parts: items.length > 0 ? [items.slice()] : [] };
    unfinished.delete(items);
    const { answers, parts } = progress;
    try {
      for (let part = parts.at(-1); part !== undefined; part = parts.at(-1)) {
        const answered = await answer(part, rest);
        parts.pop();
        const middle = part.length >> 1;
        if (answered === undefined) parts.push(part.slice(middle), part.slice(0, middle));
        else for (const each of answered) answers.push(each);
      }
    } catch (error) {
      unfinished.set(items, progress);
      throw error;
    }
    return answers;
  };
}

/** How far a batch is. */
interface Progress<TItem> {
  /** In order. */
  readonly answers: unknown[];
  /** What has no answers yet, the first on top: halves of what was refused. */
  readonly parts: (readonly TItem[])[];
}

function isRefusal(thrown: unknown): boolean {
  if (REFUSING_STATUSES.has(firstStatusOf(thrown))) return true;
  for (const error of causesOf(thrown)) if (error instanceof CountError) return true;
  return false;
}
