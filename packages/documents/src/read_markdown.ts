import { type BlockKind, blockOf, type LooseBlock } from "./_block_of.ts";
import { parseMarkdown, parseMdx, rangeOf, type SyntaxNode } from "./_parse_markdown.ts";
import { owning } from "./_owning.ts";
import { complaint, requireIterable, requireKnown } from "./_options.ts";
import { safeCut } from "./_safe_cut.ts";
import { scanTag } from "./_strip_html.ts";
import { findFrontMatter, type FrontMatter, MAX_FRONT_MATTER_CHARS } from "./_front_matter.ts";

/** How much is parsed at once: it bounds memory, and the time that odd input can take. */
const PART_CHARS = 16 * 1024;
/** The time for thousands of short headings grows by the square of their number. */
const PART_LINES = 1024;
/** How many ends of a part of MDX are tried: what stands at its end may be cut, and no more. */
const MAX_MDX_CUTS = 4;

/**
 * Options of {@linkcode readMarkdown}.
 *
 * @category Reading
 */
export interface MarkdownOptions {
  /**
   * Reads tags, braces, imports and exports as MDX has them; what does not parse, as Markdown.
   *
   * @default false
   */
  readonly mdx?: boolean | undefined;
}

/**
 * A paragraph, list, quote, heading, table or piece of code of a document.
 *
 * @category Reading
 */
export interface Block {
  /** Lists and quotes are `text`. */
  readonly kind: BlockKind;
  /** As its reader sees it, with its Markdown, without HTML; code as it is written; of a heading, its title. */
  readonly text: string;
  /** 1 to 6 of a heading, otherwise 0. */
  readonly level: number;
  /** The titles above, outermost first; of a heading, with its own. */
  readonly headings: readonly string[];
}

/**
 * A document of Markdown: its front matter, and its text in blocks.
 *
 * @category Reading
 */
export interface MarkdownDocument {
  /** Metadata before the text. */
  readonly frontMatter: FrontMatter;
  /** Read once, lazily. */
  readonly blocks: AsyncGenerator<Block, void, undefined>;
}

/**
 * Reads Markdown (CommonMark with tables) as blocks: front matter (YAML, TOML, JSON) is taken apart,
 * code is never edited, HTML tags and comments go. A part of about 16,000 characters, and 1,024 lines at
 * most, is parsed at a time, so neither memory nor time per character grows with the text; a block longer than that
 * comes in several.
 *
 * @param pieces The text, cut anywhere.
 * @returns The front matter as soon as it is read; the blocks in order. Errors of `pieces` surface in
 * both.
 *
 * @example Headings and their text
 * ```ts
 * import { readMarkdown } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const { frontMatter, blocks } = await readMarkdown(["---\ntitle: Guide\n---\n# One\n\nText <br>."]);
 * assertEquals(frontMatter.title, "Guide");
 * assertEquals((await Array.fromAsync(blocks)).map(({ text }) => text), ["One", "Text  ."]);
 * ```
 *
 * @category Reading
 */
export async function readMarkdown(
  pieces: Iterable<string> | AsyncIterable<string>,
  options: MarkdownOptions = {},
): Promise<MarkdownDocument> {
  requireKnown("readMarkdown", options, ["mdx"]);
  // A string is a list of its characters, too.
  const source = new TextSource(typeof pieces === "string" ? [pieces] : pieces);
  try {
    await source.fill(3);
    if (/^(?:---|\+\+\+|\{)/.test(source.buffer)) await source.fill(MAX_FRONT_MATTER_CHARS);
  } catch (error) {
    await source.close().catch(() => {});
    throw error;
  }
  const { frontMatter, length } = findFrontMatter(source.buffer);
  source.drop(length);
  const blocks = placeBlocks(source, options.mdx === true);
  return { frontMatter, blocks: owning(blocks, () => source.close()) };
}

async function* placeBlocks(
  source: TextSource,
  mdx: boolean,
): AsyncGenerator<Block, void, undefined> {
  let path: readonly LooseBlock[] = [];
  try {
    for await (const block of parseParts(source, mdx)) {
      if (block.kind === "heading") {
        path = [...path.filter(({ level }) => level < block.level), block];
      }
      yield { ...block, headings: path.map(({ text }) => text) };
    }
  } finally {
    await source.close();
  }
}

async function* parseParts(
  source: TextSource,
  mdx: boolean,
): AsyncGenerator<LooseBlock, void, undefined> {
  for (;;) {
    await source.fill(PART_CHARS);
    if (source.buffer === "") return;
    const cut = cutPart(source.buffer);
    const isLast = source.ended && cut === source.buffer.length;
    const { part, nodes } = parsePart(source.buffer.slice(0, cut), mdx, isLast);
    const { whole, used, prefix } = isLast
      ? { whole: nodes, used: part.length, prefix: "" }
      : takeWhole(part, nodes, mdx);
    for (const node of whole) {
      const block = blockOf(part, node);
      if (block !== undefined) yield block;
    }
    source.drop(used, prefix);
  }
}

/** Parses a part; of MDX that is cut within a tag or an expression, what is before a blank line. */
function parsePart(
  text: string,
  mdx: boolean,
  isLast: boolean,
): { readonly part: string; readonly nodes: readonly SyntaxNode[] } {
  let end = mdx && !isLast ? text.length : 0;
  for (let attempt = 0; attempt < MAX_MDX_CUTS && end > text.length / 2; attempt++) {
    const part = text.slice(0, end);
    const nodes = parseMdx(part);
    if (nodes !== undefined) return { part, nodes };
    end = text.lastIndexOf("\n\n", end - 3) + 2;
  }
  return { part: text, nodes: parseMarkdown(text, mdx) };
}

/** The end of the last whole line of a part, unless the line after it is a very long one. */
function cutPart(buffer: string): number {
  let lineEnd = 0;
  for (let line = 0; line < PART_LINES; line++) {
    const found = buffer.indexOf("\n", lineEnd);
    if (found === -1 || found >= PART_CHARS) {
      if (buffer.length <= PART_CHARS) return buffer.length;
      return lineEnd > PART_CHARS / 2 ? lineEnd : safeCut(buffer, PART_CHARS);
    }
    lineEnd = found + 1;
  }
  return lineEnd;
}

interface Taken {
  readonly whole: readonly SyntaxNode[];
  readonly used: number;
  /** What the rest begins with, so that it is read as the continuation that it is. */
  readonly prefix: string;
}

/** What comes next can change the last block only: it is read again with it, unless it fills all. */
function takeWhole(part: string, nodes: readonly SyntaxNode[], mdx: boolean): Taken {
  const last = nodes.at(-1);
  if (last === undefined) return { whole: [], used: part.length, prefix: "" };
  const start = part.lastIndexOf("\n", rangeOf(last).start - 1) + 1;
  const before = nodes.slice(0, -1);
  const isCut = before.length > 0 && start > 0 && rangeOf(before.at(-1) ?? last).end <= start;
  if (isCut) return { whole: before, used: start, prefix: "" };
  const tag = findOpenTag(part, last);
  if (tag === undefined) return { whole: nodes, used: part.length, prefix: prefixOf(part, last) };
  const whole = parseMarkdown(part.slice(0, tag.start), mdx);
  // Read again from its beginning, it may be whole; a tag in HTML goes on as one in any case.
  if (tag.start > 0 && last.type === "paragraph") return { whole, used: tag.start, prefix: "" };
  return { whole, used: part.length, prefix: tag.quote === "" ? "<div " : `<div _=${tag.quote}` };
}

/**
 * The tag that a part ends in. In a paragraph it is one where the part ends in a value without a space,
 * as that of an image is; anything else may be text.
 */
function findOpenTag(
  part: string,
  last: SyntaxNode,
): { readonly start: number; readonly quote: string } | undefined {
  const isHtml = last.type === "html" && openMark(part.slice(rangeOf(last).start)) === undefined;
  if (!isHtml && last.type !== "paragraph") return undefined;
  const open = /<\/?[a-z]/gi;
  open.lastIndex = rangeOf(last).start;
  for (let found = open.exec(part); found !== null; found = open.exec(part)) {
    const { end, quote, quotedAt } = scanTag(part, found.index);
    if (end === undefined) {
      const isTag = isHtml || quote !== "" && !/\s/.test(part.slice(quotedAt).trimEnd());
      return isTag ? { start: found.index, quote } : undefined;
    }
    open.lastIndex = end;
  }
  return undefined;
}

/** What opens a block of HTML that goes up to its own end, over blank lines. */
function openMark(html: string): string | undefined {
  const [mark] = /^<(?:!--|\?|!\[CDATA\[|(?:script|style|pre|textarea)(?=[\s>]))/i.exec(html) ?? [];
  return mark;
}

/** Whether such a block has not ended. */
function isOpen(html: string, mark: string): boolean {
  switch (mark) {
    case "<!--":
      return !html.includes("-->");
    case "<?":
      return !html.includes("?>");
    case "<![CDATA[":
      return !html.includes("]]>");
    default:
      return !/<\/(?:script|style|pre|textarea)>/i.test(html);
  }
}

function prefixOf(part: string, last: SyntaxNode): string {
  const { start, end } = rangeOf(last);
  if (last.type === "table") {
    const lines = part.slice(start, Math.min(end, start + 1_000)).split("\n");
    return lines.length > 2 ? `${lines[0]}\n${lines[1]}\n` : "";
  }
  if (last.type === "html") {
    const html = part.slice(start, end);
    const mark = openMark(html);
    if (mark === undefined || !isOpen(html, mark)) return "";
    return /[a-z]$/i.test(mark) ? `${mark}>\n` : `${mark}\n`;
  }
  return openFence(part, last);
}

/**
 * The line that opens the code that a part ends in, after the marks of the lists and quotes around
 * it.
 */
function openFence(part: string, last: SyntaxNode): string {
  let line = "";
  for (let node: SyntaxNode | undefined = last; node; node = node.children?.at(-1)) {
    const { start, end } = rangeOf(node);
    const column = start - (part.lastIndexOf("\n", start - 1) + 1);
    const indent = line === "" ? "" : line.padEnd(Math.max(column, line.length + 1));
    if (node.type === "blockquote") line = `${indent}>`;
    if (node.type === "listItem") {
      line = indent + (/^(?:[-+*]|\d{1,9}[.)])/.exec(part.slice(start, start + 10))?.[0] ?? "-");
    }
    if (node.type !== "code") continue;
    const code = part.slice(start, end);
    const [first = ""] = code.slice(0, 1_000).split("\n", 1);
    const fence = /^(?:`{3,}|~{3,})/.exec(first)?.[0];
    return fence === undefined || isClosed(code, fence) ? "" : `${indent}${first}\n`;
  }
  return "";
}

function isClosed(code: string, fence: string): boolean {
  const at = code.lastIndexOf("\n");
  const end = at === -1 ? "" : code.slice(at + 1).replace(/^[\s>]+/, "").trimEnd();
  return end.length >= fence.length && end === fence[0]!.repeat(end.length);
}

/** Text that is read as far as it is asked for, with line ends of one kind. */
class TextSource {
  buffer = "";
  ended = false;
  readonly #pieces: AsyncIterator<string> | Iterator<string>;
  #heldReturn = false;
  /** Whether a byte order mark may come. */
  #isAtStart = true;

  constructor(pieces: Iterable<string> | AsyncIterable<string>) {
    requireIterable("readMarkdown", "pieces", "an iterable of strings", pieces);
    this.#pieces = Symbol.asyncIterator in pieces
      ? pieces[Symbol.asyncIterator]()
      : pieces[Symbol.iterator]();
  }

  /** Reads on until it has more than `length`, or all. */
  async fill(length: number): Promise<void> {
    while (!this.ended && this.buffer.length <= length) {
      const next = await this.#pieces.next();
      this.ended = next.done === true;
      if (!this.ended && typeof next.value !== "string") {
        throw new TypeError(complaint("readMarkdown", "each piece", "a string", next.value));
      }
      this.buffer += this.#normalize(next.done === true ? "" : next.value);
      if (this.#isAtStart && this.buffer !== "") {
        this.#isAtStart = false;
        if (this.buffer.startsWith("\ufeff")) this.buffer = this.buffer.slice(1);
      }
    }
  }

  /** Forgets what was read, and puts `prefix` before the rest. */
  drop(length: number, prefix = ""): void {
    const rest = this.buffer.slice(length);
    this.buffer = rest === "" && this.ended ? "" : prefix + rest;
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.#pieces.return?.();
  }

  /** A piece may end between the two characters of a line end. */
  #normalize(piece: string): string {
    const text = this.#heldReturn ? `\r${piece}` : piece;
    this.#heldReturn = text.endsWith("\r") && !this.ended;
    const whole = this.#heldReturn ? text.slice(0, -1) : text;
    return whole.includes("\r") ? whole.replace(/\r\n?/g, "\n") : whole;
  }
}
