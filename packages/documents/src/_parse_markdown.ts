import {
  type CompileContext,
  type Extension,
  fromMarkdown,
  type Options,
  type Token,
} from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { mdxFromMarkdown } from "mdast-util-mdx";
import { gfmTable } from "micromark-extension-gfm-table";
import { mdxjs } from "micromark-extension-mdxjs";

/** A node of the syntax tree, as far as it is used here: MDX has nodes that mdast does not know. */
export interface SyntaxNode {
  readonly type: string;
  readonly value?: string | undefined;
  readonly depth?: number | undefined;
  readonly children?: readonly SyntaxNode[] | undefined;
  readonly position?: {
    readonly start: { readonly offset?: number | undefined };
    readonly end: { readonly offset?: number | undefined };
  } | undefined;
}

// Stars and underscores stay in the text, and their matching costs the square of their number.
const PLAIN_STARS = { disable: { null: ["attention"] } };

/** The codes of `<` and `]`. */
const [LESS_THAN, CLOSING_BRACKET] = [60, 93] as const;

/** No text nests as deep, and the time for it grows by the square of the depth. */
const MAX_MARKS = 100;

/**
 * The blocks of a piece of Markdown. Where MDX cannot be parsed, it is read as Markdown; where lists
 * and quotes are nested out of all measure, as one paragraph.
 */
export function parseMarkdown(text: string, mdx: boolean): readonly SyntaxNode[] {
  const nodes = mdx ? parseMdx(text) : undefined;
  if (nodes !== undefined) return nodes;
  if (isTooDeep(text)) {
    const position = { start: { offset: 0 }, end: { offset: text.length } };
    return [{ type: "paragraph", position }];
  }
  const counted = toCounted(text);
  return fromMarkdown(counted, {
    extensions: [
      ...[gfmTable(), PLAIN_STARS, asText(LESS_THAN, opensHtmlIn(counted))],
      asText(CLOSING_BRACKET, opensTitleIn(counted)),
    ],
    mdastExtensions: [gfmTableFromMarkdown()],
  }).children;
}

/** The parser leaves a mark at the beginning out of what it counts, and every offset would be one off. */
function toCounted(text: string): string {
  return text.startsWith("\ufeff") ? `\u2060${text.slice(1)}` : text;
}

/** What opens HTML within text, besides tags, and what ends it. */
const HTML_MARKS: readonly (readonly [open: string, end: string])[] = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
  ["<!", ">"],
];

/** Whether HTML opens somewhere and has no end: the parser would read from there on to the end of the text. */
function opensHtmlIn(text: string): (at: number) => boolean {
  return (at) => {
    const [open, end] = HTML_MARKS.find(([open]) => text.startsWith(open, at)) ?? [];
    if (open === undefined || end === undefined) return false;
    // `<!-->` is a whole comment.
    const found = text.indexOf(end, at + 2);
    return found === -1 || /\n[ \t>]*\n/.test(text.slice(at, found));
  };
}

/** A link up to its title in parentheses, where there are no others in its address. */
const TITLE = /\]\((?:<[^<>\n]{0,2000}>|[^\s<()]{1,2000})[ \t\n>]+\(/y;
const LINK_END = /[\s>]*\)/y;

/** The same for the title of a link that is in parentheses, and does not end with two of them. */
function opensTitleIn(text: string): (at: number) => boolean {
  return (at) => {
    TITLE.lastIndex = at;
    if (!TITLE.test(text)) return false;
    let end = text.indexOf(")", TITLE.lastIndex);
    while (end !== -1 && isEscaped(text, end)) end = text.indexOf(")", end + 1);
    LINK_END.lastIndex = end + 1;
    return end === -1 || !LINK_END.test(text);
  };
}

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text[start - 1] === "\\") start--;
  return (at - start) % 2 === 1;
}

/** Takes a mark for text at some places. */
function asText(
  mark: number,
  isText: (at: number) => boolean,
): NonNullable<Options["extensions"]>[number] {
  return {
    text: {
      [mark]: {
        name: "plainMark",
        tokenize(effects, ok, nok) {
          const { offset } = this.now();
          return (code) => {
            if (!isText(offset)) return nok(code);
            effects.enter("data");
            effects.consume(code);
            effects.exit("data");
            return ok;
          };
        },
      },
    },
  };
}

/**
 * A node of its own for each tag, without what is in the element: a part of a document may have one of its
 * tags only.
 */
const TAGS_ALONE: Extension = {
  enter: { mdxJsxFlowTagClosingMarker() {}, mdxJsxTextTagClosingMarker() {} },
  exit: { mdxJsxFlowTag: exitTag, mdxJsxTextTag: exitTag },
};

function exitTag(this: CompileContext, token: Token): void {
  this.resume();
  // The cast: mdast does not know the tags of MDX, and nothing else is read of them.
  this.enter({ type: "mdxJsxTag", children: [] } as never, token);
  this.exit(token);
}

/** The blocks of a piece of MDX; `undefined` where it cannot be parsed. */
export function parseMdx(text: string): readonly SyntaxNode[] | undefined {
  if (isTooDeep(text)) return undefined;
  const counted = toCounted(text);
  try {
    return fromMarkdown(counted, {
      extensions: [
        ...[gfmTable(), mdxjs(), PLAIN_STARS],
        asText(CLOSING_BRACKET, opensTitleIn(counted)),
      ],
      mdastExtensions: [gfmTableFromMarkdown(), mdxFromMarkdown(), TAGS_ALONE],
    }).children;
  } catch {
    // A brace or a tag that MDX refuses is text or HTML for Markdown.
    return undefined;
  }
}

/** Whether a line is nested out of all measure. */
function isTooDeep(text: string): boolean {
  return text.split("\n").some(isDeepLine);
}

/** Whether a line begins with too many marks of quotes and items, and is no rule. */
function isDeepLine(line: string): boolean {
  const mark = /(?:[-+*>]|\d{1,9}[.)])[ \t]*/y;
  let marks = 0;
  let at = line.length - line.trimStart().length;
  for (; marks <= MAX_MARKS; marks++) {
    mark.lastIndex = at;
    if (!mark.test(line)) return false;
    at = mark.lastIndex;
  }
  return !/^[-* \t]*$/.test(line);
}

/** Where a node begins and ends in its text. */
export function rangeOf({ position }: SyntaxNode): { start: number; end: number } {
  return { start: position?.start.offset ?? 0, end: position?.end.offset ?? 0 };
}
