import { decodeHeader } from "./_base_url.ts";
import { complaint, readInteger, requireKnown } from "./_options.ts";

/**
 * A page that was read.
 *
 * @typeParam TBody What its body is.
 * @category Pages
 */
export interface Page<out TBody = unknown> {
  /** Its URL; a copy, so that it may be changed into that of the next one. */
  readonly url: URL;
  /** Its body, of JSON. */
  readonly body: TBody;
  /** The headers of the answer. */
  readonly headers: Headers;
  /** How many items it has. */
  readonly count: number;
}

/**
 * Returns the URL of the next page, absolute or relative to this one; `null` or `undefined` after the last.
 *
 * @typeParam TBody What the body of a page is.
 * @category Pages
 */
export type NextPage<in TBody = never> = (page: Page<TBody>) => string | URL | null | undefined;

/**
 * Options of {@linkcode nextByCursor}.
 *
 * @typeParam TBody What the body of a page is.
 * @category Pages
 */
export interface CursorOptions<in TBody> {
  /** The parameter of the URL that the cursor goes into. */
  readonly param: string;
  /** Reads the cursor of the next page from the body of this one; nothing, or an empty text, after the last. */
  readonly read: (body: TBody) => string | number | null | undefined;
}

/**
 * Options of {@linkcode nextByOffset} and {@linkcode nextByNumber}.
 *
 * @category Pages
 */
export interface CountOptions {
  /** The parameter of the URL that counts. */
  readonly param: string;
  /**
   * How many items a full page has, a positive integer: a shorter one is the last. Where it is left out, an
   * empty one is.
   */
  readonly size?: number | undefined;
  /** What the parameter is on the first page, where its URL does not say it: 0 or 1. */
  readonly first?: 0 | 1 | undefined;
}

/** Longer headers are cut. */
const MAX_LINK_LENGTH = 65_536;
const TOKEN = /[^\s;,="<>]/;

/**
 * The next page is the one that the header `Link` names (RFC 8288).
 *
 * @param rel The relation that is looked for.
 * @category Pages
 *
 * @example As GitHub has it
 * ```ts
 * import { nextByLink } from "@headrace/http";
 * import { assertEquals } from "@std/assert";
 *
 * const headers = new Headers({ link: '<https://api.example.com/rows?page=2>; rel="next"' });
 * const next = nextByLink();
 *
 * assertEquals(
 *   next({ url: new URL("https://api.example.com/rows"), body: [], headers, count: 0 }),
 *   "https://api.example.com/rows?page=2",
 * );
 * ```
 */
export function nextByLink(rel: string = "next"): NextPage<unknown> {
  requireText("nextByLink()", "rel", rel);
  const wanted = rel.toLowerCase();
  return ({ headers }) => {
    const link = headers.get("link")?.slice(0, MAX_LINK_LENGTH) ?? "";
    return parseLinks(decodeHeader(link)).find(({ rels }) => rels.includes(wanted))?.target;
  };
}

/**
 * The next page has the cursor that stands in the body of the page before, as a parameter of its URL.
 *
 * @typeParam TBody What the body of a page is.
 * @param options Where the cursor stands, and where it goes.
 * @throws {TypeError} If an option is not valid.
 * @category Pages
 *
 * @example A cursor in the body
 * ```ts
 * import { nextByCursor } from "@headrace/http";
 * import { assertEquals } from "@std/assert";
 *
 * const next = nextByCursor({ param: "after", read: (body: { cursor?: string }) => body.cursor });
 * const page = { url: new URL("https://api.example.com/rows?limit=2"), headers: new Headers(), count: 2 };
 *
 * assertEquals(String(next({ ...page, body: { cursor: "c2" } })), "https://api.example.com/rows?limit=2&after=c2");
 * assertEquals(next({ ...page, body: {} }), undefined);
 * ```
 */
export function nextByCursor<TBody = unknown>(options: CursorOptions<TBody>): NextPage<TBody> {
  requireKnown("nextByCursor()", options, ["param", "read"]);
  const { param, read } = options;
  requireText("nextByCursor()", "param", param);
  if (typeof read !== "function") {
    throw new TypeError(complaint("nextByCursor()", "read", "a function", read));
  }
  return ({ url, body }) => {
    const cursor = read(body);
    if (cursor === undefined || cursor === null || cursor === "") return undefined;
    if (typeof cursor !== "string" && typeof cursor !== "number") {
      throw new TypeError(
        complaint("nextByCursor()", "what read returns", "text or a number", cursor),
      );
    }
    url.searchParams.set(param, String(cursor));
    return url;
  };
}

/**
 * The next page begins after the items of the page before: a parameter of its URL counts items.
 *
 * @param options Which parameter, and how many items a page has.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Pages
 *
 * @example Limit and offset
 * ```ts
 * import { nextByOffset } from "@headrace/http";
 * import { assertEquals } from "@std/assert";
 *
 * const next = nextByOffset({ param: "offset", size: 50 });
 * const page = { url: new URL("https://api.example.com/rows?limit=50"), headers: new Headers(), body: [] };
 *
 * assertEquals(String(next({ ...page, count: 50 })), "https://api.example.com/rows?limit=50&offset=50");
 * assertEquals(next({ ...page, count: 49 }), undefined);
 * ```
 */
export function nextByOffset(options: CountOptions): NextPage<unknown> {
  return nextByCount("nextByOffset()", options, { first: 0, step: (count) => count });
}

/**
 * The next page has the next number, as a parameter of its URL.
 *
 * @param options Which parameter, and how many items a page has.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Pages
 *
 * @example Pages from 1
 * ```ts
 * import { nextByNumber } from "@headrace/http";
 * import { assertEquals } from "@std/assert";
 *
 * const next = nextByNumber({ param: "page" });
 * const page = { url: new URL("https://api.example.com/rows"), headers: new Headers(), body: [] };
 *
 * assertEquals(String(next({ ...page, count: 20 })), "https://api.example.com/rows?page=2");
 * assertEquals(next({ ...page, count: 0 }), undefined);
 * ```
 */
export function nextByNumber(options: CountOptions): NextPage<unknown> {
  return nextByCount("nextByNumber()", options, { first: 1, step: () => 1 });
}

function nextByCount(
  name: string,
  options: CountOptions,
  rule: { readonly first: 0 | 1; readonly step: (count: number) => number },
): NextPage<unknown> {
  requireKnown(name, options, ["param", "size", "first"]);
  const { param, first = rule.first } = options;
  requireText(name, "param", param);
  const size = readInteger(name, "size", options.size, { fallback: 1 });
  if (first !== 0 && first !== 1) throw new TypeError(complaint(name, "first", "0 or 1", first));
  return ({ url, count }) => {
    if (count < size) return undefined;
    const given = url.searchParams.get(param);
    // A parameter without a value says nothing: the page was the first one.
    const at = given === null || given.trim() === "" ? first : Number(given);
    if (!Number.isSafeInteger(at)) {
      throw new TypeError(
        complaint(name, `the parameter "${param}" of the URL`, "an integer", given),
      );
    }
    url.searchParams.set(param, String(at + rule.step(count)));
    return url;
  };
}

function requireText(name: string, option: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw new TypeError(complaint(name, option, "text that is not empty", value));
}

interface Link {
  readonly target: string;
  readonly rels: readonly string[];
}

/** Reads the links of a header, up to the first part that is not valid. */
function parseLinks(text: string): Link[] {
  const links: Link[] = [];
  let at = 0;
  const skip = (characters: string) => {
    while (at < text.length && characters.includes(text[at]!)) at++;
  };
  for (;;) {
    skip(" \t,");
    const end = text.indexOf(">", at);
    if (text[at] !== "<" || end === -1) return links;
    const target = text.slice(at + 1, end);
    at = end + 1;
    let rels: string[] | undefined;
    for (;;) {
      skip(" \t");
      if (text[at] !== ";") break;
      at++;
      skip(" \t");
      const [name, value] = readParameter();
      // Of several, the first counts.
      if (name === "rel") rels ??= value.toLowerCase().split(/\s+/);
    }
    links.push({ target, rels: rels ?? [] });
  }

  function readParameter(): readonly [string, string] {
    const name = readToken().toLowerCase();
    skip(" \t");
    if (text[at] !== "=") return [name, ""];
    at++;
    skip(" \t");
    return [name, text[at] === '"' ? readQuoted() : readToken()];
  }

  function readToken(): string {
    const begin = at;
    while (at < text.length && TOKEN.test(text[at]!)) at++;
    return text.slice(begin, at);
  }

  function readQuoted(): string {
    let value = "";
    for (at++; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === "\\") at++;
      value += text[at] ?? "";
    }
    at++;
    return value;
  }
}
