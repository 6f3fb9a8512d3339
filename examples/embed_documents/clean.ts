import { parse } from "yaml";
import type { SourceDocument } from "./read.ts";

/** A line longer than this is cut, so that a file without line ends streams too. */
const MAX_LINE_CHARS = 16 * 1024;
/** Front matter is looked for in this much of the beginning. */
const MAX_FRONT_MATTER_CHARS = 64 * 1024;

/** One line of cleaned text. */
export interface Line {
  readonly text: string;
  /** 1 to 6 when the line is a heading, otherwise 0. */
  readonly level: number;
}

/** A document without front matter, HTML tags and comments, and tag marks. */
export interface CleanDocument {
  readonly path: string;
  readonly hash: string;
  /** From the front matter; empty when there is none. */
  readonly title: string;
  /** From the front matter. */
  readonly tags: readonly string[];
  /** The text line by line; headings are kept. Read once, when asked. */
  lines(signal: AbortSignal): AsyncIterable<Line>;
}

/** Takes the front matter out and cleans the rest lazily, as it is read. */
export function cleanDocument(document: SourceDocument): CleanDocument {
  const { path, hash } = document;
  const { title, tags, lineCount } = readFrontMatter(document.head);
  return {
    path,
    hash,
    title,
    tags,
    lines: (signal) => findHeadings(cleanLines(readLines(document.text(signal)), lineCount)),
  };
}

interface FrontMatter {
  readonly title: string;
  readonly tags: readonly string[];
  /** How many lines it takes up, fences included. */
  readonly lineCount: number;
}

function readFrontMatter(head: string): FrontMatter {
  const found = /^---[ \t]*\r?\n(?:([^]*?)\r?\n)??(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/
    .exec(head.slice(0, MAX_FRONT_MATTER_CHARS));
  const fields = found === null ? undefined : parseFields(found[1] ?? "");
  if (found === null || fields === undefined) return { title: "", tags: [], lineCount: 0 };
  return {
    title: typeof fields.title === "string" ? fields.title.trim() : "",
    tags: readTags(fields.tags),
    lineCount: found[0].trimEnd().split("\n").length,
  };
}

/** `undefined` when the block is plain text between two rules. */
function parseFields(yaml: string): { title?: unknown; tags?: unknown } | undefined {
  try {
    const fields: unknown = parse(yaml, { logLevel: "silent" });
    return typeof fields === "object" ? fields ?? {} : undefined;
  } catch {
    // Templates are often not valid YAML. The block is metadata all the same, not text.
    return {};
  }
}

function readTags(value: unknown): readonly string[] {
  const tags = typeof value === "string"
    ? value.split(/[,\s]+/)
    : Array.isArray(value)
    ? value
    : [];
  return tags.filter((tag) => typeof tag === "string" || typeof tag === "number")
    .map((tag) => String(tag).trim().replace(/^#/, "")).filter((tag) => tag !== "");
}

async function* readLines(
  pieces: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield* cutLine(line);
    while (rest.length > MAX_LINE_CHARS) {
      const end = safeCut(rest, MAX_LINE_CHARS);
      yield rest.slice(0, end);
      rest = rest.slice(end);
    }
  }
  yield* cutLine(rest);
}

function* cutLine(line: string): Generator<string, void, undefined> {
  let start = 0;
  while (line.length - start > MAX_LINE_CHARS) {
    const end = safeCut(line, start + MAX_LINE_CHARS);
    yield line.slice(start, end);
    start = end;
  }
  yield line.slice(start).replace(/\r$/, "");
}

interface CleanedLine {
  readonly text: string;
  /** Inside a fenced code block, where nothing is markup. */
  readonly code: boolean;
}

async function* cleanLines(
  lines: AsyncIterable<string>,
  skip: number,
): AsyncGenerator<CleanedLine, void, undefined> {
  let skipped = 0;
  let fence = "";
  let inComment = false;
  for await (const line of lines) {
    if (skipped++ < skip) continue;
    const mark = inComment ? "" : /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
    if (fence !== "") {
      const closes = mark.startsWith(fence) && line.trim() === mark;
      if (closes) fence = "";
      yield { text: line, code: true };
    } else if (mark !== "") {
      fence = mark;
      yield { text: line, code: true };
    } else {
      const outside = removeComments(line, inComment);
      inComment = outside.open;
      const text = cleanOutsideCode(outside.text).trimEnd();
      // A line that held nothing but markup goes; a line that was blank is a paragraph break.
      if (text !== "" || line.trim() === "") yield { text, code: false };
    }
  }
}

function removeComments(line: string, startsInside: boolean): { text: string; open: boolean } {
  let text = "";
  let rest = line;
  let open = startsInside;
  for (;;) {
    const mark = open ? "-->" : "<!--";
    const at = open ? rest.indexOf(mark) : findOutsideCode(rest, mark);
    if (at === -1) return { text: open ? text : text + rest, open };
    if (!open) text += rest.slice(0, at);
    rest = rest.slice(at + mark.length);
    open = !open;
  }
}

const CODE_SPAN = /(`+)[^`](?:.*?[^`])?\1(?!`)/g;

function findOutsideCode(line: string, mark: string): number {
  return line.replace(CODE_SPAN, (span) => "x".repeat(span.length)).indexOf(mark);
}

const HTML_TAG = /<\/?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]*)?\/?>/g;
const TAG_MARK = /(^|[\s(])#(?=[\p{L}_][\p{L}\p{N}_/-]*)/gu;

function cleanOutsideCode(line: string): string {
  if (!line.includes("<") && !line.includes("#")) return line;
  let cleaned = "";
  let start = 0;
  for (const span of line.matchAll(CODE_SPAN)) {
    cleaned += cleanProse(line.slice(start, span.index)) + span[0];
    start = span.index + span[0].length;
  }
  return cleaned + cleanProse(line.slice(start));
}

/** HTML tags go; a `#tag` keeps its word, so that it can still be found. */
function cleanProse(text: string): string {
  return text.replace(HTML_TAG, "").replace(TAG_MARK, "$1");
}

async function* findHeadings(
  lines: AsyncIterable<CleanedLine>,
): AsyncGenerator<Line, void, undefined> {
  // A line is held until the next one shows whether it is a heading underlined with = or -.
  let held: CleanedLine | undefined;
  for await (const line of lines) {
    if (held !== undefined && isUnderline(line) && canBeUnderlined(held)) {
      yield { text: held.text, level: line.text.trimStart().startsWith("=") ? 1 : 2 };
      held = undefined;
      continue;
    }
    if (held !== undefined) yield { text: held.text, level: headingLevel(held) };
    held = line;
  }
  if (held !== undefined) yield { text: held.text, level: headingLevel(held) };
}

function isUnderline({ text, code }: CleanedLine): boolean {
  return !code && /^ {0,3}(?:=+|-{2,})[ \t]*$/.test(text);
}

/** Blank lines, headings, quotes, list items and table rows are not titles. */
function canBeUnderlined({ text, code }: CleanedLine): boolean {
  return !code && /^ {0,3}[^\s#>|*+-]/.test(text) && !/^ {0,3}\d+[.)]\s/.test(text);
}

function headingLevel({ text, code }: CleanedLine): number {
  return code ? 0 : /^ {0,3}(#{1,6})(?:\s|$)/.exec(text)?.[1]?.length ?? 0;
}

/** The same cut, or one before it where it would part a surrogate pair. */
export function safeCut(text: string, at: number): number {
  return /[\uDC00-\uDFFF]/.test(text[at] ?? "") ? at - 1 : at;
}
