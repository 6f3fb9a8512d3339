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
