import type { Policy } from "@headrace/pipeline/policies";
import { bisect } from "@headrace/pipeline/policies";
import type { Embedder } from "./embedder.ts";
import { EmbeddingAnswerError, EmbeddingHttpError, RefusedTextError } from "./embedding_errors.ts";
import { complaint, requireKnown } from "./_options.ts";
import { requireCounts, type TokenCounter } from "./token_counter.ts";
import { Dimensions, DimensionsError, isVector } from "./_vectors.ts";

/** Fewer than any provider takes; each token of a text that is not counted may be a character. */
const DEFAULT_MAX_CALL_TOKENS = 100_000;

/** Of providers that say how many texts they take, one takes no more than 96. */
const DEFAULT_MAX_CALL_TEXTS = 96;

/** Bad request, content too large, unprocessable content: what is wrong may be one text. */
const REFUSING_STATUSES: ReadonlySet<number> = new Set([400, 413, 422]);

/** A text that any embedder takes, if it takes one at all. */
const GOOD_TEXT = "text";

const OPTIONS: readonly string[] = [
  ...["embedder", "toText", "memory", "countTokens", "maxCallTokens", "maxCallTexts"],
  ...["policy", "describe"],
];

/**
 * A text that an embedder is asked for: the functions `cost` and `key` of a policy get an array of these.
 *
 * @category Embedding
 */
export interface SentText {
  /** What the embedder gets to see. */
  readonly text: string;
  /** How many tokens it has, or may have. */
  readonly tokens: number;
}

/**
 * What is known of a text that an embedder has seen: its vector, or why it was refused.
 *
 * @category Embedding
 */
export type KnownText = { readonly vector: Float32Array } | { readonly refusal: string };

/**
 * Remembers what an embedder has answered, by the hash of what it got to see, so that nothing is paid for
 * twice. Stores of documents are memories.
 *
 * @category Embedding
 */
export interface TextMemory {
  /** The model that has answered; it must be that of the embedder, unless the memory does not say it. */
  readonly model?: string | undefined;
  /** What is known of a text, if anything. */
  recall(hash: string): KnownText | undefined | Promise<KnownText | undefined>;
  /** Remembers that a text was refused, and why. */
  refuse(hash: string, reason: string): void | Promise<void>;
}

/**
 * An item with the vector of its text.
 *
 * @typeParam TItem The item.
 * @category Embedding
 */
export interface EmbeddedText<TItem> {
  /** The item. */
  readonly item: TItem;
  /** SHA-256 of what the embedder got to see, in hex. */
  readonly hash: string;
  /** Finite; all zeros where there is nothing in the text to compare. */
  readonly vector: Float32Array;
}

/**
 * An item whose text the embedder has refused.
 *
 * @typeParam TItem The item.
 * @category Embedding
 */
export interface RefusedText<TItem> {
  /** The item. */
  readonly item: TItem;
  /** SHA-256 of what the embedder got to see, in hex. */
  readonly hash: string;
  /** Why, now or in an earlier run. */
  readonly refusal: RefusedTextError;
}

/**
 * Options of {@linkcode TextEmbedder}.
 *
 * @typeParam TItem The items.
 * @category Embedding
 */
export interface TextEmbedderOptions<TItem> {
  /** Makes the vectors. */
  readonly embedder: Embedder;
  /** What the embedder gets to see of an item. @default its property `text` */
  readonly toText?: ((item: TItem) => string) | undefined;
  /** Knows what has been answered before. @default none: each text is asked for */
  readonly memory?: TextMemory | undefined;
  /** Counts tokens. @default the number of characters, which is no less */
  readonly countTokens?: TokenCounter | undefined;
  /** How many tokens a call has at most, unless a text alone has more. @default {100_000} */
  readonly maxCallTokens?: number | undefined;
  /** How many texts a call has at most. @default {96} */
  readonly maxCallTexts?: number | undefined;
  /**
   * Runs each call, within limits of requests and of tokens, for example; its functions get the texts of
   * the call. @default none
   */
  readonly policy?: Policy<readonly SentText[]> | undefined;
  /** Names an item in the message of a refusal; it should not repeat the text. @default its length */
  readonly describe?: ((item: TItem) => string) | undefined;
}

interface Prepared<TItem> {
  readonly item: TItem;
  readonly text: string;
  readonly hash: string;
  readonly known: KnownText | undefined;
}

interface Sent<TItem> extends SentText {
  readonly item: TItem;
  readonly hash: string;
}

type Answer = PromiseSettledResult<Float32Array>;

/** A call and its halves. */
interface Halving {
  /** Whether the embedder has taken a text since it refused several: a refusal is then that of the text. */
  hasTaken: boolean;
}

/** What is asked for a batch, and what was answered so far. */
interface Asked<TItem> {
  readonly texts: readonly Prepared<TItem>[];
  readonly calls: readonly (readonly Sent<TItem>[])[];
  readonly answers: Answer[][];
}

/**
 * Asks an embedder for the vectors of batches: each text once, none that its memory knows, in calls that
 * are bounded in texts and in tokens. Answers are checked: as many as texts, of one length, finite.
 *
 * A call that is refused (HTTP 400, 413, 422), or whose answer cannot be used, is halved until a single
 * text is refused. That one is remembered and not sent again. Where the embedder has taken no text since
 * the first of these refusals, they may be the fault of a setting, or of the embedder: then a good text
 * is tried, and unless that is taken the batch has failed and nothing is remembered.
 *
 * What fails for another reason is thrown. A batch that is then asked for again, as the same array,
 * goes on where it was.
 *
 * @typeParam TItem The items.
 * @category Embedding
 *
 * @example A text that is refused loses no other
 * ```ts
 * import { EmbeddingAnswerError, TextEmbedder } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const embedder = {
 *   model: "tiny",
 *   embed(texts: readonly string[]) {
 *     if (texts.includes("flood")) return Promise.reject(new EmbeddingAnswerError("refused"));
 *     return Promise.resolve(texts.map(({ length }) => Float32Array.of(1, length)));
 *   },
 * };
 * const texts = new TextEmbedder<{ text: string }>({ embedder });
 * const items = ["mill", "flood", "wheel"].map((text) => ({ text }));
 * const answers = await texts.embed(items, new AbortController().signal);
 * assertEquals(answers.map((answer) => "vector" in answer), [true, false, true]);
 * ```
 */
export class TextEmbedder<TItem> {
  readonly #embedder: Embedder;
  readonly #toText: (item: TItem) => string;
  readonly #memory: TextMemory | undefined;
  readonly #countTokens: TokenCounter;
  readonly #maxCallTokens: number;
  readonly #maxCallTexts: number;
  readonly #policy: Policy<readonly SentText[]> | undefined;
  readonly #describe: (item: TItem, text: string) => string;
  readonly #ask: (
    texts: readonly Sent<TItem>[],
    signal: AbortSignal,
    halving: Halving,
  ) => Promise<Answer[]>;
  /** By batch: when it is tried again, it goes on where it was. So does `bisect`, by its array. */
  readonly #asked = new WeakMap<readonly TItem[], Asked<TItem>>();
  /** Refusals of a single text that are its own fault. */
  readonly #refusals = new WeakSet<Error>();
  readonly #dimensions = new Dimensions("The embedder");

  /**
   * Makes one; nothing is asked yet.
   *
   * @throws {TypeError | RangeError} If an option is not valid.
   */
  constructor(options: TextEmbedderOptions<TItem>) {
    requireTextEmbedderOptions("new TextEmbedder", options);
    const { describe, toText } = options;
    this.#embedder = options.embedder;
    this.#toText = toText ?? ((item) => (item as { readonly text: string }).text);
    this.#memory = options.memory;
    const { countTokens = ({ length }) => length } = options;
    this.#countTokens = requireCounts("embed", countTokens);
    this.#maxCallTokens = options.maxCallTokens ?? DEFAULT_MAX_CALL_TOKENS;
    this.#maxCallTexts = options.maxCallTexts ?? DEFAULT_MAX_CALL_TEXTS;
    this.#policy = options.policy;
    this.#describe = describe ?? ((_, text) => `a text of ${text.length} characters`);
    this.#ask = bisect(
      (texts: readonly Sent<TItem>[], signal: AbortSignal, halving: Halving) =>
        this.#call(texts, signal, halving),
      {
        when: (error, texts) => isRefusal(error) && (texts.length > 1 || this.#refusals.has(error)),
      },
    );
  }

  /**
   * The vectors of the items, or why they were refused, in order.
   *
   * @category Embedding
   */
  async embed(
    batch: readonly TItem[],
    signal: AbortSignal,
  ): Promise<(EmbeddedText<TItem> | RefusedText<TItem>)[]> {
    const { texts, calls, answers } = this.#asked.get(batch) ?? await this.#prepare(batch);
    for (const call of calls.slice(answers.length)) {
      answers.push(await this.#ask(call, signal, { hasTaken: false }));
    }
    const found = new Map<string, Float32Array | RefusedTextError>();
    const all = answers.flat();
    for (const [at, sent] of calls.flat().entries()) {
      const answer = all[at]!;
      const value = answer.status === "fulfilled"
        ? answer.value
        : await this.#refuse(sent, answer.reason);
      found.set(sent.hash, value);
    }
    return texts.map(({ item, text, hash, known }) => {
      const answer = found.get(hash) ?? this.#answerOf(item, text, known!);
      return answer instanceof Error
        ? { item, hash, refusal: answer }
        : { item, hash, vector: answer };
    });
  }

  /** Those of the batch that the memory does not know, each text once. */
  async #prepare(batch: readonly TItem[]): Promise<Asked<TItem>> {
    const texts: Prepared<TItem>[] = [];
    const unknown = new Map<string, Sent<TItem>>();
    for (const item of batch) {
      const text = this.#toText(item);
      if (typeof text !== "string") {
        throw new TypeError(complaint("embed", "the text of an item", "a string", text));
      }
      const hash = await hashOf(text);
      const known = await this.#memory?.recall(hash);
      texts.push({ item, text, hash, known });
      if (known === undefined) {
        unknown.set(hash, { item, text, hash, tokens: this.#countTokens(text) });
      }
    }
    const asked: Asked<TItem> = { texts, calls: this.#cut(unknown.values()), answers: [] };
    this.#asked.set(batch, asked);
    return asked;
  }

  #cut(texts: Iterable<Sent<TItem>>): Sent<TItem>[][] {
    const calls: Sent<TItem>[][] = [];
    let tokens = Infinity;
    for (const text of texts) {
      tokens += text.tokens;
      if (tokens > this.#maxCallTokens || calls.at(-1)!.length === this.#maxCallTexts) {
        calls.push([]);
        tokens = text.tokens;
      }
      calls.at(-1)!.push(text);
    }
    return calls;
  }

  async #call(
    texts: readonly Sent<TItem>[],
    signal: AbortSignal,
    halving: Halving,
  ): Promise<readonly Float32Array[]> {
    try {
      const vectors = await this.#embed(texts, signal);
      halving.hasTaken = true;
      return vectors;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (texts.length > 1) halving.hasTaken = false;
      else if (halving.hasTaken) this.#refusals.add(error);
      else if (await this.#takesGoodText(signal)) {
        halving.hasTaken = true;
        // It may have been wrong for a moment only.
        return await this.#call(texts, signal, halving);
      } else this.#refusals.delete(error);
      throw error;
    }
  }

  /** A wrong setting, or a fault of the embedder, has every text refused: one that is surely good shows it. */
  async #takesGoodText(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#embed([{ text: GOOD_TEXT, tokens: 1 }], signal);
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  async #embed(sent: readonly SentText[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    signal.throwIfAborted();
    const texts = sent.map(({ text }) => text);
    const vectors = this.#policy === undefined
      ? await this.#embedder.embed(texts, signal)
      : await this.#policy.run((own) => this.#embedder.embed(texts, own), { signal, input: sent });
    requireVectors(vectors);
    this.#dimensions.require(vectors);
    if (vectors.length !== texts.length) {
      throw new EmbeddingAnswerError(
        `The embedder answered with ${vectors.length} vectors for ${texts.length} texts`,
      );
    }
    return vectors;
  }

  async #refuse({ item, text, hash }: Sent<TItem>, cause: unknown): Promise<RefusedTextError> {
    const reason = cause instanceof Error ? cause.message : String(cause);
    await this.#memory?.refuse(hash, reason);
    return new RefusedTextError(`${reason}, for ${this.#describe(item, text)}`, { cause });
  }

  #answerOf(item: TItem, text: string, known: KnownText): Float32Array | RefusedTextError {
    if ("vector" in known) return known.vector;
    const name = this.#describe(item, text);
    return new RefusedTextError(
      `${known.refusal}, for ${name}; it is not sent again until it changes`,
    );
  }
}

/** Checks the options that `caller` has in common with {@linkcode TextEmbedder}, beside its own. */
export function requireTextEmbedderOptions<TItem>(
  caller: string,
  options: TextEmbedderOptions<TItem>,
  own: readonly string[] = [],
): void {
  requireKnown(caller, options, [...OPTIONS, ...own]);
  const { embedder, memory, maxCallTokens, maxCallTexts } = options;
  if (typeof embedder?.embed !== "function" || typeof embedder.model !== "string") {
    throw new TypeError(
      complaint(caller, "embedder", "an object with model and embed(texts, signal)", embedder),
    );
  }
  const model = memory?.model;
  if (model !== undefined && model !== embedder.model) {
    throw new TypeError(
      complaint(caller, "memory", `of the embedder's model "${embedder.model}"`, model),
    );
  }
  for (const [name, value] of Object.entries({ maxCallTokens, maxCallTexts })) {
    if (value === undefined || Number.isSafeInteger(value) && value > 0) continue;
    throw new RangeError(complaint(caller, name, "a positive integer", value));
  }
  for (const name of ["toText", "countTokens", "describe"] as const) {
    if (options[name] === undefined || typeof options[name] === "function") continue;
    throw new TypeError(complaint(caller, name, "a function", options[name]));
  }
}

function requireVectors(answer: unknown): void {
  if (!Array.isArray(answer)) {
    throw new TypeError(`The embedder must answer with an array of vectors, got ${typeof answer}`);
  }
  const at = answer.findIndex((vector) => !isVector(vector));
  if (at === -1) return;
  throw new EmbeddingAnswerError(`The embedder's vector for text ${at} is empty or not finite`);
}

function isRefusal(error: unknown): error is Error {
  if (error instanceof EmbeddingAnswerError || error instanceof DimensionsError) return true;
  return error instanceof EmbeddingHttpError && REFUSING_STATUSES.has(error.status);
}

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
