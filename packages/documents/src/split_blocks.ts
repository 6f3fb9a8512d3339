import { cutBlock, type Piece, type PieceLimits } from "./_cut_block.ts";
import { owning } from "./_owning.ts";
import { complaint, requireIterable, requireKnown } from "./_options.ts";
import type { Block } from "./read_markdown.ts";
import { requireCounts, type TokenCounter } from "./token_counter.ts";

/**
 * Options of {@linkcode splitBlocks}.
 *
 * @category Splitting
 */
export interface SplitOptions {
  /** Counts tokens: that of {@linkcode loadTokenCounter}, or the model's own. */
  readonly countTokens: TokenCounter;
  /**
   * No chunk has more tokens. At least 16.
   *
   * @default 512
   */
  readonly maxTokens?: number | undefined;
  /**
   * A section with fewer joins the next, under the headings that both share.
   *
   * @default a quarter of `maxTokens`
   */
  readonly minTokens?: number | undefined;
  /**
   * How many tokens of a paragraph or list that is cut are repeated at most. Up to half of `maxTokens`.
   *
   * @default 0
   */
  readonly overlapTokens?: number | undefined;
}

/**
 * A piece of a document, small enough to embed.
 *
 * @category Splitting
 */
export interface DocumentChunk {
  /** Blocks with an empty line between them; headings with their `#`. */
  readonly text: string;
  /** As `countTokens` counts them. */
  readonly tokens: number;
  /** The titles that all of it stands under, outermost first. */
  readonly headings: readonly string[];
}

interface PackedChunk extends DocumentChunk {
  /** Begins in the middle of a block. */
  readonly continues: boolean;
}

interface Limits extends PieceLimits {
  readonly minTokens: number;
  /** What stands between two parts of a chunk is one token, unless they are counted otherwise. */
  readonly separatorTokens: number;
}

const OPTIONS = ["countTokens", "maxTokens", "minTokens", "overlapTokens"];
const SEPARATOR = "\n\n";

/**
 * Puts blocks together into chunks that are bounded in tokens. A chunk begins with a heading where it
 * can, and never ends with one that has text below it; a block that is too long is cut at lines,
 * sentences or words, and each piece of a table begins with its header.
 *
 * @returns The chunks in order, lazily: one chunk and one block are held.
 * @throws {TypeError | RangeError} An option is unknown, or out of range.
 *
 * @example Chunks of a document
 * ```ts
 * import { loadTokenCounter, readMarkdown, splitBlocks } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const { blocks } = await readMarkdown(["# One\n\nText.\n"]);
 * const chunks = splitBlocks(blocks, { countTokens: await loadTokenCounter() });
 * assertEquals((await Array.fromAsync(chunks)).map(({ text }) => text), ["# One\n\nText."]);
 * ```
 *
 * @category Splitting
 */
export function splitBlocks(
  blocks: Iterable<Block> | AsyncIterable<Block>,
  options: SplitOptions,
): AsyncGenerator<DocumentChunk, void, undefined> {
  requireIterable("splitBlocks", "blocks", "an iterable of blocks", blocks);
  const limits = readLimits(options);
  const chunks = joinShort(packBlocks(blocks, limits), limits);
  // An iterator is one that was begun; of another iterable, nothing is open yet.
  const { return: close } = blocks as Partial<AsyncGenerator<Block>>;
  return owning(chunks, () => close?.call(blocks as AsyncGenerator<Block>, undefined));
}

function readLimits(options: SplitOptions): Limits {
  requireKnown("splitBlocks", options, OPTIONS);
  const { countTokens, maxTokens = 512, overlapTokens = 0 } = options;
  const { minTokens = Math.floor(maxTokens / 4) } = options;
  if (typeof countTokens !== "function") {
    throw new TypeError(complaint("splitBlocks", "countTokens", "a function", countTokens));
  }
  requireRange("maxTokens", maxTokens, 16, Number.MAX_SAFE_INTEGER);
  requireRange("minTokens", minTokens, 0, maxTokens);
  requireRange("overlapTokens", overlapTokens, 0, Math.floor(maxTokens / 2));
  const count = requireCounts("splitBlocks", countTokens);
  const separatorTokens = Math.max(1, count(SEPARATOR));
  return { countTokens: count, maxTokens, minTokens, overlapTokens, separatorTokens };
}

function requireRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const rule = `a whole number from ${least} to ${most}`;
  throw new RangeError(complaint("splitBlocks", name, rule, value));
}

async function* packBlocks(
  blocks: Iterable<Block> | AsyncIterable<Block>,
  limits: Limits,
): AsyncGenerator<PackedChunk, void, undefined> {
  const chunk = new ChunkBuilder(limits);
  for await (const block of blocks) {
    const isHeading = block.kind === "heading";
    if (isHeading && chunk.bodyTokens >= limits.minTokens) yield* chunk.take();
    const marked = isHeading
      ? { ...block, text: `${"#".repeat(block.level)} ${block.text}` }
      : block;
    const pieces = cutBlock(marked, chunk.roomBelowHeadings);
    // A title that is longer than a chunk is no line above others.
    const staysAbove = isHeading && pieces.length === 1;
    for (const piece of pieces) {
      const part = { ...piece, headings: block.headings, isHeading: staysAbove };
      if (!chunk.fits(part)) yield* chunk.take(part);
      chunk.add(part);
    }
  }
  yield* chunk.takeAll();
}

/** A chunk that is too short, usually the last, joins its neighbour where both fit. */
async function* joinShort(
  chunks: AsyncIterable<PackedChunk>,
  { minTokens, maxTokens, countTokens }: Limits,
): AsyncGenerator<DocumentChunk, void, undefined> {
  let held: DocumentChunk | undefined;
  for await (const { continues, ...chunk } of chunks) {
    const isShort = held !== undefined && Math.min(held.tokens, chunk.tokens) < minTokens;
    if (held !== undefined && isShort && !continues) {
      const text = held.text + SEPARATOR + chunk.text;
      const tokens = countTokens(text);
      if (tokens <= maxTokens) {
        held = { text, tokens, headings: sharedOf(held.headings, chunk.headings) };
        continue;
      }
    }
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (held !== undefined) yield held;
}

/** A piece under its headings. */
interface Part extends Piece {
  readonly headings: readonly string[];
  readonly isHeading: boolean;
}

class ChunkBuilder {
  readonly #limits: Limits;
  #parts: Part[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** The tokens up to the last text: headings after it belong to what comes next. */
  get bodyTokens(): number {
    return this.#tokensOf(this.#parts.slice(0, this.#bodyEnd));
  }

  get #bodyEnd(): number {
    return this.#parts.findLastIndex(({ isHeading }) => !isHeading) + 1;
  }

  /** What a block may have, so that the headings that wait for it stand above it. */
  get roomBelowHeadings(): PieceLimits {
    const { maxTokens } = this.#limits;
    const taken = this.#tokensOf(this.#parts.slice(this.#bodyEnd));
    return taken * 2 > maxTokens ? this.#limits : { ...this.#limits, maxTokens: maxTokens - taken };
  }

  fits({ tokens, continues }: Piece): boolean {
    if (continues && this.#parts.length > 0) return false;
    const { maxTokens, separatorTokens } = this.#limits;
    return this.#tokensOf(this.#parts) + separatorTokens + tokens <= maxTokens;
  }

  add(part: Part): void {
    this.#parts.push(part);
  }

  /** The parts up to the last text; the headings after it stay, where `next` fits below them. */
  *take(next?: Part): Generator<PackedChunk, void, undefined> {
    const end = this.#bodyEnd;
    yield* this.#build(this.#parts.slice(0, end));
    this.#parts = this.#parts.slice(end);
    if (next === undefined || this.fits(next)) return;
    const isAbove = ({ headings }: Part) =>
      headings.every((title, at) => title === next.headings[at]);
    const waiting = this.#parts;
    this.#parts = waiting.slice(waiting.findLastIndex((part) => !isAbove(part)) + 1);
    // The titles are in the path of the next chunk as well: the outer ones give way to its text.
    while (this.#parts.length > 0 && !this.fits(next)) this.#parts.shift();
    yield* this.#build(waiting.slice(0, waiting.length - this.#parts.length));
  }

  /** All parts. */
  *takeAll(): Generator<PackedChunk, void, undefined> {
    yield* this.#build(this.#parts);
    this.#parts = [];
  }

  #tokensOf(parts: readonly Piece[]): number {
    return parts.reduce((sum, { tokens }) => sum + tokens + this.#limits.separatorTokens, 0);
  }

  *#build(parts: readonly Part[]): Generator<PackedChunk, void, undefined> {
    if (parts.length === 0) return;
    const text = parts.map((part) => part.text).join(SEPARATOR);
    const body = parts.filter(({ isHeading }) => !isHeading);
    const headings = (body.length === 0 ? parts : body).map((part) => part.headings)
      .reduce(sharedOf);
    const continues = parts[0]?.continues === true;
    yield { text, tokens: this.#limits.countTokens(text), headings, continues };
  }
}

function sharedOf(one: readonly string[], other: readonly string[]): readonly string[] {
  const end = one.findIndex((title, at) => title !== other[at]);
  return end === -1 ? one : one.slice(0, end);
}
