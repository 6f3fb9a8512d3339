import { split } from "llm-splitter";
import { type CleanDocument, type Line, safeCut } from "./clean.ts";
import { SkipFileError } from "./errors.ts";

/** Bounds of a chunk, in UTF-16 code units. Only a document's last chunk may be shorter. */
export const MIN_CHUNK_CHARS = 300;
export const MAX_CHUNK_CHARS = 1_000;
export const CHUNK_OVERLAP_CHARS = 100;

/** A cut moves at most this far to a word's edge: both ends together stay within the overlap. */
const MAX_SNAP_CHARS = 45;
/** A section longer than this is split in parts, so that one endless section streams too. */
const MAX_BLOCK_CHARS = 32 * 1024;

/** Part of the content hash: raise the number when the same text would give other chunks. */
export const SPLIT_SETTINGS: string =
  `split-1 ${MIN_CHUNK_CHARS}-${MAX_CHUNK_CHARS} overlap ${CHUNK_OVERLAP_CHARS}`;

/** A piece of a document, small enough to embed. */
export interface Chunk {
  /** Absolute path of the document. */
  readonly path: string;
  /** The document's content hash. */
  readonly hash: string;
  readonly tags: readonly string[];
  /** 0 for the document's first chunk. */
  readonly position: number;
  /** Titles of the headings above the chunk, outermost first. */
  readonly headings: readonly string[];
  readonly text: string;
  /** Whether it is the document's last chunk. */
  readonly last: boolean;
}

/**
 * Yields a document's chunks in order, reading no further than it must: memory does not grow with
 * the document. Short sections are put together, long ones are cut between paragraphs where
 * possible and otherwise between words, with an overlap.
 *
 * @throws {SkipFileError} The document has no text.
 */
export async function* splitDocument(
  document: CleanDocument,
  signal: AbortSignal,
): AsyncGenerator<Chunk, void, undefined> {
  const { path, hash, tags } = document;
  let position = 0;
  let held: { readonly headings: readonly string[]; readonly text: string } | undefined;
  for await (const block of evenOut(gatherBlocks(document, signal))) {
    for (const text of cutBlock(block.text)) {
      if (held !== undefined) {
        yield { path, hash, tags, position: position++, ...held, last: false };
      }
      held = { headings: block.headings, text };
    }
  }
  if (held === undefined) throw new SkipFileError("no text in it");
  yield { path, hash, tags, position, ...held, last: true };
}

/** Neighbouring sections, or a part of one. */
interface Block {
  readonly headings: readonly string[];
  readonly text: string;
}

async function* gatherBlocks(
  document: CleanDocument,
  signal: AbortSignal,
): AsyncGenerator<Block, void, undefined> {
  const path = new HeadingPath(document.title);
  let block = new BlockBuilder(path.titles);
  for await (const line of document.lines(signal)) {
    if (line.level > 0) {
      path.enter(line);
      if (block.length >= MIN_CHUNK_CHARS) {
        yield block.build();
        block = new BlockBuilder(path.titles);
      } else {
        block.join(path.titles);
      }
    } else if (block.length + line.text.length > MAX_BLOCK_CHARS) {
      const full = block.build();
      yield full;
      block = new BlockBuilder(path.titles, tailOf(full.text));
    }
    block.add(line);
  }
  if (block.length > 0) yield block.build();
}

/** A short block, usually the last, joins its neighbour. */
async function* evenOut(blocks: AsyncIterable<Block>): AsyncGenerator<Block, void, undefined> {
  let held: Block | undefined;
  for await (const block of blocks) {
    if (held === undefined) {
      held = block;
    } else if (Math.min(held.text.length, block.text.length) < MIN_CHUNK_CHARS) {
      held = { headings: held.headings, text: `${held.text}\n\n${block.text}` };
    } else {
      yield held;
      held = block;
    }
  }
  if (held !== undefined) yield held;
}

class HeadingPath {
  readonly #title: string;
  #open: readonly { readonly level: number; readonly title: string }[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  enter({ text, level }: Line): void {
    const title = text.trim().replace(/^#{1,6}(\s+|$)/, "").replace(/(^|\s+)#+$/, "").trim();
    this.#open = [...this.#open.filter((heading) => heading.level < level), { level, title }];
  }

  get titles(): readonly string[] {
    const titles = this.#open.map((heading) => heading.title).filter((title) => title !== "");
    return this.#title === "" || titles[0] === this.#title ? titles : [this.#title, ...titles];
  }
}

class BlockBuilder {
  #headings: readonly string[];
  readonly #lines: string[] = [];
  #length = 0;
  #hasBody = false;

  /** @param overlap The end of the text before, when this continues a section. */
  constructor(headings: readonly string[], overlap = "") {
    this.#headings = headings;
    if (overlap !== "") this.#lines.push(overlap);
  }

  /** How much was added, overlap not counted. */
  get length(): number {
    return this.#length;
  }

  add({ text, level }: Line): void {
    if (text === "" && (this.#length === 0 || this.#lines.at(-1) === "")) return;
    this.#lines.push(text);
    this.#length += text.length + 1;
    if (level === 0 && text !== "") this.#hasBody = true;
  }

  /** A block over several sections stands under the headings that they share. */
  join(headings: readonly string[]): void {
    const end = this.#headings.findIndex((title, at) => title !== headings[at]);
    if (!this.#hasBody || this.#headings.length === 0) this.#headings = headings;
    else if (end > 0) this.#headings = this.#headings.slice(0, end);
  }

  build(): Block {
    return { headings: this.#headings, text: this.#lines.join("\n").trim() };
  }
}

/** Part of a text, from `start` up to `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

function cutBlock(text: string): string[] {
  if (text.length <= MAX_CHUNK_CHARS) return text === "" ? [] : [text];
  const ranges = split(text, {
    chunkSize: MAX_CHUNK_CHARS,
    chunkOverlap: CHUNK_OVERLAP_CHARS,
    chunkStrategy: "paragraph",
  }).map((range) => trimRange(text, range)).filter(({ start, end }) => start < end);
  return mergeShort(text, ranges).map(({ start, end }) => text.slice(start, end));
}

/** Moves both ends out of the middle of words, and off the white space around. */
function trimRange(text: string, range: Range): Range {
  let { start, end } = range;
  if (start > 0 && !isSpace(text, start - 1)) start = snap(text, start, 1);
  if (end < text.length && !isSpace(text, end)) end = snap(text, end, -1);
  while (start < end && isSpace(text, start)) start++;
  while (end > start && isSpace(text, end - 1)) end--;
  return { start, end };
}

function snap(text: string, at: number, direction: 1 | -1): number {
  for (let moved = 0; moved <= MAX_SNAP_CHARS; moved++) {
    const here = at + moved * direction;
    if (isSpace(text, direction === 1 ? here : here - 1)) return here;
  }
  return safeCut(text, at);
}

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text[at] ?? "");
}

/** A range that is too short joins its neighbour; what is then too long is cut in the middle. */
function mergeShort(text: string, ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  let short: Range | undefined;
  for (const range of ranges) {
    const whole: Range = { start: short?.start ?? range.start, end: range.end };
    short = undefined;
    if (whole.end - whole.start < MIN_CHUNK_CHARS) short = whole;
    else merged.push(...halve(text, whole));
  }
  const previous = short === undefined ? undefined : merged.pop();
  if (short !== undefined) {
    merged.push(...halve(text, { start: (previous ?? short).start, end: short.end }));
  }
  return merged;
}

function halve(text: string, range: Range): Range[] {
  if (range.end - range.start <= MAX_CHUNK_CHARS) return [range];
  const middle = Math.floor((range.start + range.end) / 2);
  const half = CHUNK_OVERLAP_CHARS / 2;
  return [{ start: range.start, end: middle + half }, { start: middle - half, end: range.end }]
    .map((part) => trimRange(text, part));
}

/** The last words of a text, as overlap for what follows. */
function tailOf(text: string): string {
  const { start, end } = trimRange(text, {
    start: Math.max(0, text.length - CHUNK_OVERLAP_CHARS),
    end: text.length,
  });
  return text.slice(start, end);
}
