import { decodeString } from "micromark-util-decode-string";
import { rangeOf, type SyntaxNode } from "./_parse_markdown.ts";
import { partsWords, stripHtml } from "./_strip_html.ts";

/**
 * What a block is.
 *
 * @category Reading
 */
export type BlockKind = "heading" | "text" | "code" | "table";

/** A block before it is known under which headings it stands. */
export interface LooseBlock {
  readonly kind: BlockKind;
  readonly text: string;
  /** 1 to 6 of a heading, otherwise 0. */
  readonly level: number;
}

const TAG_MARK = /(^|[\s(])#(?=[\p{L}_])/gu;
const MDX_EXPRESSIONS: readonly string[] = ["mdxFlowExpression", "mdxTextExpression"];

/** The block of a node, without markup that is not text. Code stays as it is written. */
export function blockOf(source: string, node: SyntaxNode): LooseBlock | undefined {
  const block = readBlock(source, node);
  return block === undefined || block.text.trim() === "" ? undefined : block;
}

function readBlock(source: string, node: SyntaxNode): LooseBlock | undefined {
  const { start, end } = rangeOf(node);
  switch (node.type) {
    case "thematicBreak":
    case "mdxjsEsm":
    case "mdxJsxTag":
      return undefined;
    case "heading":
      return { kind: "heading", text: headingText(source, node), level: node.depth ?? 1 };
    case "code":
      return { kind: "code", text: source.slice(lineStart(source, start), end), level: 0 };
    case "table":
      return { kind: "table", text: clean(source, node, start, end), level: 0 };
    case "list":
    case "blockquote":
      return { kind: "text", text: clean(source, node, lineStart(source, start), end), level: 0 };
    default:
      return { kind: "text", text: trimLines(clean(source, node, start, end)), level: 0 };
  }
}

/** The start of the line where only white space is before `at`: code and lists keep their indent. */
function lineStart(source: string, at: number): number {
  const start = source.lastIndexOf("\n", at - 1) + 1;
  return source.slice(start, at).trim() === "" ? start : at;
}

function headingText(source: string, node: SyntaxNode): string {
  const first = node.children?.[0];
  const last = node.children?.at(-1);
  if (first === undefined || last === undefined) return "";
  const [start, end] = [rangeOf(first).start, rangeOf(last).end];
  const text = clean(source, node, start, end).replaceAll("\n", " ").trim();
  const isCut = last.type === "text" && endsInAttributes(source.slice(start, end).trimEnd());
  return isCut ? text.slice(0, text.lastIndexOf("{")).trim() : text;
}

const ATTRIBUTE =
  /#[^\s{}"'=,#*\\]+|\.[\p{L}_-][^\s{}"'=,*\\]*|[\w:-]+=(?:"[^"]*"|'[^']*'|[^\s{}"',\\]+)/u;
const ATTRIBUTES = new RegExp(
  `^\\{:?\\s*(?=[#.])(?:(?:${ATTRIBUTE.source})(?:\\s+|(?=\\})))+\\}$`,
  "u",
);

/** Whether a heading has attributes at its end: `{#install}`, `{.wide}`, `{: #install }`. */
function endsInAttributes(written: string): boolean {
  const open = written.endsWith("}") ? written.lastIndexOf("{") : -1;
  return open !== -1 && written[open - 1] !== "\\" && ATTRIBUTES.test(written.slice(open));
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The source of a node with its edits made. */
function clean(source: string, node: SyntaxNode, start: number, end: number): string {
  let text = "";
  let at = start;
  for (const edit of editsOf(source, node)) {
    text += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + source.slice(at, end);
}

/** What is taken out of a node, in the order of the text. Thousands of quotes may be nested. */
function editsOf(source: string, node: SyntaxNode): Edit[] {
  const edits: Edit[] = [];
  const stack = [node];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { type, value = "", children = [] } = next;
    const { start, end } = rangeOf(next);
    // The value of a tag over several lines in a quote is without the marks of the quote.
    if (type === "html") edits.push({ start, end, text: decodeHtml(stripHtml(value)) });
    const written = type === "text" ? source.slice(start, end) : "";
    if (/[#&\\]/.test(written)) {
      // As its reader sees it: `&eacute;` is a letter, and `\_` no more than what follows the
      // backslash.
      edits.push({ start, end, text: decodeString(written.replace(TAG_MARK, "$1")) });
    }
    if (MDX_EXPRESSIONS.includes(type) && isComment(value)) edits.push({ start, end, text: "" });
    if (type === "mdxJsxTag") {
      edits.push({ start, end, text: partsWords(source, start) ? " " : "" });
    }
    stack.push(...takeOutScripts(children, edits).toReversed());
  }
  return edits.sort((a, b) => a.start - b.start);
}

/** The nodes that stand in no script or style of their line; each of these is taken out whole. */
function takeOutScripts(nodes: readonly SyntaxNode[], edits: Edit[]): readonly SyntaxNode[] {
  const kept: SyntaxNode[] = [];
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at]!;
    const [, name] = node.type === "html"
      ? /^<(script|style)(?=[\s>])/i.exec(node.value!) ?? []
      : [];
    const close = name && new RegExp(`^</${name}(?=[\\s>])`, "i");
    const end = close
      ? nodes.findIndex(({ type, value }, index) =>
        index > at && type === "html" && close.test(value!)
      )
      : -1;
    if (end === -1) {
      kept.push(node);
      continue;
    }
    edits.push({ start: rangeOf(node).start, end: rangeOf(nodes[end]!).end, text: "" });
    at = end;
  }
  return kept;
}

/** HTML has references, and no escapes: a backslash in it is one. */
function decodeHtml(text: string): string {
  return decodeString(text.replaceAll("\\", "\\\\"));
}

function isComment(code: string): boolean {
  const text = code.trim();
  return text === "" || text.startsWith("/*") && text.indexOf("*/") === text.length - 2;
}

/** Lines that held nothing but markup go. */
function trimLines(text: string): string {
  return text.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "").join("\n")
    .trim();
}
