import type { StreamingErrorStrategy } from "@headrace/pipeline";
import type { Operator, StageContext } from "@headrace/pipeline/core";
import { batch, flatMap, map, pipe, type RetryOptions } from "@headrace/pipeline/operators";
import { complaint } from "./_options.ts";
import type { RefusedTextError } from "./embedding_errors.ts";
import {
  type EmbeddedText,
  requireTextEmbedderOptions,
  TextEmbedder,
  type TextEmbedderOptions,
} from "./text_embedder.ts";

const DEFAULT_SIZE = 50;

/**
 * Options of {@linkcode embedTexts}.
 *
 * @typeParam TItem The items.
 * @category Embedding
 */
export interface EmbedTextsOptions<TItem> extends TextEmbedderOptions<TItem> {
  /** How many items are embedded together: a positive integer. @default {50} */
  readonly size?: number | undefined;
  /** How long the first item of a batch waits for others, in milliseconds. @default no limit */
  readonly maxWaitMs?: number | undefined;
  /** How many batches are embedded at a time. @default {1} */
  readonly concurrencyLimit?: number | undefined;
  /** How a batch that has failed is tried again. @default not at all */
  readonly retry?: number | RetryOptions | undefined;
  /** How long one attempt at a batch may take, in milliseconds. @default no limit */
  readonly timeoutMs?: number | undefined;
  /**
   * What becomes of an item whose text is refused, and of a batch that has failed, which counts as one.
   *
   * @default {"FAIL_FAST"}
   */
  readonly errorStrategy?: StreamingErrorStrategy | undefined;
}

/**
 * Embeds the texts of items, in batches, and emits each item with its vector, in order. It asks as a
 * {@linkcode TextEmbedder} does; an item whose text is refused fails alone, with a
 * {@linkcode RefusedTextError} as the cause.
 *
 * @typeParam TItem The items: those with a property `text`, unless `toText` makes one.
 * @param options What makes the vectors, and how it is asked.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Embedding
 *
 * @example Within what a provider allows
 * ```ts
 * import { embedTexts, LexicalEmbedder, type SentText } from "@headrace/documents";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { policy, rateLimit } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * const tokensOf = (texts: readonly SentText[]) => texts.reduce((sum, { tokens }) => sum + tokens, 0);
 * const provider = policy(
 *   rateLimit({ limit: 500, intervalMs: 60_000 }),
 *   rateLimit({ limit: 1_000_000, intervalMs: 60_000, cost: tokensOf }),
 * );
 * const pipeline = StreamingPipeline.start<{ text: string }>().use("embedded", embedTexts({
 *   embedder: new LexicalEmbedder(),
 *   policy: provider,
 *   concurrencyLimit: 4,
 *   retry: 3,
 * }));
 *
 * const [mill] = await pipeline.executeToArray([{ text: "The mill wheel" }]);
 * assertEquals([mill?.item.text, mill?.vector.length], ["The mill wheel", 1_024]);
 * ```
 */
export function embedTexts<TItem, TAccumulated = unknown, TContext = unknown>(
  options: EmbedTextsOptions<TItem>,
): Operator<TItem, EmbeddedText<TItem>, TAccumulated, TContext> {
  const own = ["size", "maxWaitMs", "concurrencyLimit", "retry", "timeoutMs", "errorStrategy"];
  requireTextEmbedderOptions("embedTexts", options, own);
  const {
    size = DEFAULT_SIZE,
    maxWaitMs,
    concurrencyLimit = 1,
    retry,
    timeoutMs,
    errorStrategy,
    ...rest
  } = options;
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(complaint("embedTexts", "size", "a positive integer", size));
  }
  const embedder = new TextEmbedder<TItem>(rest);
  const openRefusals = () => new Refusals();
  return pipe(
    batch<TItem, TAccumulated, TContext>({ size, maxWaitMs }),
    map(
      (items: TItem[], _: number, { signal }: { readonly signal: AbortSignal }) =>
        embedder.embed(items, signal),
      { concurrencyLimit, retry, timeoutMs, errorStrategy },
    ),
    flatMap(
      (answers: Awaited<ReturnType<typeof embedder.embed>>, _: number, { perRun }: Opener) =>
        answers.map((answer) => {
          if (!("refusal" in answer)) return answer;
          perRun(openRefusals).add(answer.item, answer.refusal);
          return answer.item;
        }),
    ),
    map((answer: EmbeddedText<TItem> | TItem, _: number, { perRun }: Opener) => {
      const refusal = perRun(openRefusals).take(answer);
      if (refusal !== undefined) throw refusal;
      return answer as EmbeddedText<TItem>; // a text that is refused stands for itself
    }, { errorStrategy }),
  );
}

/** What the functions take of their context. */
type Opener = Pick<StageContext<unknown, unknown>, "perRun">;

/** Why texts of a run were refused, until each fails in its turn: it is the item of its failure. */
class Refusals {
  readonly #byItem: Map<unknown, RefusedTextError[]> = new Map();

  add(item: unknown, refusal: RefusedTextError): void {
    const kept = this.#byItem.get(item);
    if (kept === undefined) this.#byItem.set(item, [refusal]);
    else kept.push(refusal);
  }

  take(item: unknown): RefusedTextError | undefined {
    const kept = this.#byItem.get(item);
    const refusal = kept?.shift();
    if (kept?.length === 0) this.#byItem.delete(item);
    return refusal;
  }
}
