/** A tag that is longer is text. */
const MAX_TAG_CHARS = 4096;

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
    else if (/^<(?:br|hr|p|div|li|td|th|tr)\b/i.test(html.slice(start, start + 5))) text += " ";
  }
}

/** Where the markup at `start` ends: `start` when it is none. */
function skipMarkup(html: string, start: number): number {
  const begin = html.slice(start, start + 9);
  // As CommonMark has it, a block of HTML that opens a comment is one up to its end.
  if (begin.startsWith("<!--")) return endOf(html, "-->", start + 4) ?? html.length;
  if (begin.startsWith("<![CDATA[")) return endOf(html, "]]>", start) ?? html.length;
  if (begin.startsWith("<?")) return endOf(html, "?>", start) ?? html.length;
  if (!/^<[/!]?[a-z]/i.test(begin)) return start;
  const end = endOfTag(html, start);
  const raw = /^<(script|style)\b/i.exec(begin)?.[1];
  if (raw === undefined || end === start) return end;
  const close = html.toLowerCase().indexOf(`</${raw.toLowerCase()}`, end);
  return close === -1 ? html.length : endOf(html, ">", close) ?? html.length;
}

function endOf(html: string, mark: string, from: number): number | undefined {
  const at = html.indexOf(mark, from);
  return at === -1 ? undefined : at + mark.length;
}

function endOfTag(html: string, start: number): number {
  let quote = "";
  for (let at = start; at < Math.min(html.length, start + MAX_TAG_CHARS); at++) {
    const char = html[at] ?? "";
    if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === ">") {
      return at + 1;
    } else if (html[at - 1] === "=" && (char === '"' || char === "'")) {
      quote = char;
    }
  }
  return start;
}
