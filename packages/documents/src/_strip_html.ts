/** Text of HTML: without comments, tags, scripts and styles. */
export function stripHtml(html: string): string {
  let text = "";
  let at = 0;
  for (;;) {
    const start = html.indexOf("<", at);
    if (start === -1) return text + html.slice(at);
    text += html.slice(at, start);
    at = skipMarkup(html, start);
    if (at === start) text += html[at++];
    else if (partsWords(html, start)) text += " ";
  }
}

const BLOCK_TAG = new RegExp(
  "^</?(?:address|article|aside|blockquote|body|br|button|caption|center|dd|details|dialog|dir|div|dl|dt|" +
    "fieldset|figcaption|figure|footer|form|h[1-6]|head|header|hgroup|hr|html|iframe|legend|li|main|menu|" +
    "nav|ol|optgroup|option|p|pre|search|section|select|summary|table|tbody|td|textarea|tfoot|th|thead|" +
    "title|tr|ul)(?=[\\s/>])",
  "i",
);

/** Whether there is a tag whose words are not those of what is before or after it. */
export function partsWords(html: string, start: number): boolean {
  return BLOCK_TAG.test(html.slice(start, start + 16));
}

/** Where the markup at `start` ends: `start` when it is none. */
function skipMarkup(html: string, start: number): number {
  const begin = html.slice(start, start + 9);
  // As CommonMark has it, a block of HTML that opens a comment is one up to its end.
  if (begin.startsWith("<!--")) {
    // `<!-->` and `<!--->` are whole comments.
    return endOf(html, /^<!---?>/.test(begin) ? ">" : "-->", start + 4) ?? html.length;
  }
  if (begin.startsWith("<![CDATA[")) return endOf(html, "]]>", start) ?? html.length;
  if (begin.startsWith("<?")) return endOf(html, "?>", start) ?? html.length;
  if (!/^<[/!]?[a-z]/i.test(begin)) return start;
  const end = endOfTag(html, start);
  const raw = /^<(script|style)(?=[\s/>])/i.exec(begin)?.[1];
  if (raw === undefined || end === start) return end;
  const close = new RegExp(`</${raw}(?=[\\s/>])`, "gi");
  close.lastIndex = end;
  return close.test(html) ? endOf(html, ">", close.lastIndex) ?? html.length : html.length;
}

function endOf(html: string, mark: string, from: number): number | undefined {
  const at = html.indexOf(mark, from);
  return at === -1 ? undefined : at + mark.length;
}

/** Where the tag at `start` ends: `start` when it does not. */
function endOfTag(html: string, start: number): number {
  return html.lastIndexOf(">") < start ? start : scanTag(html, start).end ?? start;
}

/** A tag that begins at `start`: where it ends, or which quote the text ends in. */
export function scanTag(html: string, start: number): TagScan {
  let quote = "";
  let quotedAt = start;
  /** The last character that is no white space. */
  let before = "";
  for (let at = start; at < html.length; at++) {
    const char = html[at]!;
    if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === ">") {
      return { end: at + 1, quote, quotedAt };
    } else if (before === "=" && (char === '"' || char === "'")) {
      quote = char;
      quotedAt = at + 1;
    }
    if (!/\s/.test(char)) before = char;
  }
  return { end: undefined, quote, quotedAt };
}

/** What {@linkcode scanTag} finds. */
export interface TagScan {
  /** `undefined` when the tag is not closed. */
  readonly end: number | undefined;
  /** The quote of a value that is not closed, or nothing. */
  readonly quote: string;
  /** Where that value begins. */
  readonly quotedAt: number;
}
