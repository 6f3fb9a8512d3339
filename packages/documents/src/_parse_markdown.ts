import { fromMarkdown, type Options } from "mdast-util-from-markdown";
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

/** The code of `<`. */
const LESS_THAN = 60;

/** No text nests as deep, and the time for it grows by the square of the depth. */
const MAX_MARKS = 100;

/**
 * The blocks of a piece of Markdown. Where MDX cannot be parsed, it is read as Markdown; where lists
 * and quotes are nested out of all measure, as one paragraph.
 */
export function parseMarkdown(text: string, mdx: boolean): readonly SyntaxNode[] {
  if (text.split("\n").some(isTooDeep)) {
    const position = { start: { offset: 0 }, end: { offset: text.length } };
    return [{ type: "paragraph", position }];
  }
  // The parser leaves a mark at the beginning out of what it counts, and every offset would be one off.
  const counted = text.startsWith("\ufeff") ? `\u2060${text.slice(1)}` : text;
  return (mdx ? parseMdx(counted) : undefined) ?? fromMarkdown(counted, {
    extensions: [gfmTable(), PLAIN_STARS, openHtmlIn(counted)],
    mdastExtensions: [gfmTableFromMarkdown()],
  }).children;
}

/** What opens HTML within text, besides tags, and what ends it. */
const HTML_MARKS: readonly (readonly [open: string, end: string])[] = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
  ["<!", ">"],
];

/** Takes for text what opens HTML and has no end: the parser would read from each on to the end of the text. */
function openHtmlIn(text: string): NonNullable<Options["extensions"]>[number] {
  const isOpen = (at: number) => {
    const [open, end] = HTML_MARKS.find(([open]) => text.startsWith(open, at)) ?? [];
    if (open === undefined || end === undefined) return false;
    // `<!-->` is a whole comment.
    const found = text.indexOf(end, at + 2);
    return found === -1 || /\n[ \t>]*\n/.test(text.slice(at, found));
  };
  return {
    text: {
      [LESS_THAN]: {
        name: "openHtml",
        tokenize(effects, ok, nok) {
          const { offset } = this.now();
          return (code) => {
            if (!isOpen(offset)) return nok(code);
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

function parseMdx(text: string): readonly SyntaxNode[] | undefined {
  try {
    return fromMarkdown(text, {
      extensions: [gfmTable(), mdxjs(), PLAIN_STARS],
      mdastExtensions: [gfmTableFromMarkdown(), mdxFromMarkdown()],
    }).children;
  } catch {
    // A brace or a tag that MDX refuses is text or HTML for Markdown.
    return undefined;
  }
}

/** Whether a line begins with too many marks of quotes and items, and is no rule. */
function isTooDeep(line: string): boolean {
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
