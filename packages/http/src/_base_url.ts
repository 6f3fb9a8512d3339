/** What a relative URL is resolved against: the address of the page, where there is one. */
export function baseUrl(): string | undefined {
  return (globalThis as { location?: { href?: string } }).location?.href;
}

/**
 * The URL of a request. The platform's error for one that is not valid shows its value, which may hold
 * a key.
 */
export function toUrl(given: unknown): URL {
  const base = baseUrl();
  const isText = typeof given === "string" || isUrl(given);
  if (isText && URL.canParse(String(given), base)) return new URL(String(given), base);
  const kind = isText ? "other text" : given === null ? "null" : typeof given;
  throw new TypeError(`Cannot make a request: its url must be an absolute URL, got ${kind}`);
}

/** By what it has: a URL may be of another realm. */
function isUrl(given: unknown): given is URL {
  return typeof given === "object" && given !== null && "href" in given;
}

/** What platforms make of the bytes of a header beyond ASCII. */
const BYTE = /[\x80-\xff]/;
const NO_BYTE = /[\u0100-\uffff]/;

/** The text of a header that holds a URL, which servers send in UTF-8: a platform has a character for each byte. */
export function decodeHeader(text: string): string {
  if (!BYTE.test(text) || NO_BYTE.test(text)) return text;
  try {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // It is in another encoding.
    return text;
  }
}
