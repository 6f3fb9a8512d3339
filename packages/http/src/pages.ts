import type { RetrySourceOptions } from "@headrace/pipeline/sources";
import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import { createHttpError, type Exchange } from "./_exchange.ts";
import { complaint, readInteger, requireFunction, requireKnown, show } from "./_options.ts";
import { createSource } from "./_positioned_source.ts";
import { readText } from "./_read_body.ts";
import { showUrl } from "./_secrets.ts";
import { type FetchFunction, fetchOk, toSendable } from "./fetch_ok.ts";
import type { NextPage } from "./next_page.ts";

const NAME = "pages()";
const DEFAULT_MAX_BYTES = 16_777_216;
const DEFAULT_MAX_PAGES = 100_000;

/**
 * Where {@linkcode pages} resumes.
 *
 * @category Pages
 */
export interface PagePosition {
  /** Path and query of a page. */
  readonly page: string;
  /** How many items of it came before. */
  readonly index: number;
}

/**
 * Options of {@linkcode pages}.
 *
 * @typeParam TItem The items.
 * @typeParam TBody What the body of a page is.
 * @category Pages
 */
export interface PagesOptions<TItem, TBody> {
  /** Says where the next page is, such as {@linkcode nextByLink}. */
  readonly next: NextPage<TBody>;
  /** The items of a page; the body itself where it is left out, which must be an array then. */
  readonly items?: ((body: TBody) => Iterable<TItem>) | undefined;
  /**
   * What each request has, such as headers with a key; or a function that says it for a URL. A signal of its
   * own is not taken: closing the source aborts the request.
   */
  readonly request?:
    | RequestInit
    | ((url: URL) => RequestInit | PromiseLike<RequestInit>)
    | undefined;
  /** What makes the requests. @default {globalThis.fetch} */
  readonly fetch?: FetchFunction | undefined;
  /** How a page that fails is asked for again, or how often; not at all by default. */
  readonly retry?: number | RetrySourceOptions | undefined;
  /** The longest body of a page, in bytes: a positive integer. @default {16_777_216} */
  readonly maxBytes?: number | undefined;
  /** How many pages one reading has at most: a positive integer. @default {100_000} */
  readonly maxPages?: number | undefined;
}

/**
 * The items of a listing that comes in pages: read with `for await`, by a pipeline, or from a position.
 *
 * @typeParam TItem The items.
 * @category Pages
 */
export interface PagesSource<TItem>
  extends AsyncIterable<TItem>, PositionedSource<TItem, PagePosition> {
  /**
   * Reads the items after a position, each with its own; from the first page where it is
   * `undefined`.
   */
  open(
    from: PagePosition | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Positioned<TItem, PagePosition>, void, undefined>;
  /** Reads all items, each time from the first page. */
  [Symbol.asyncIterator](): AsyncGenerator<TItem, void, undefined>;
}

/**
 * Reads the items of a listing of JSON, page by page.
 *
 * A page is asked for when its first item is, and its items come out in order; one page is held at a time.
 * All pages are on the host of the first one: the keys of the requests go to no other. A page that names
 * itself or an earlier one as its next fails the source (`PAGE_REFUSED`).
 *
 * A position is made of JSON. After the last item of the last page it stays on that page, so that a
 * later reading sees what was added there. It holds the query of its page: a key belongs in a
 * header.
 *
 * @typeParam TItem The items.
 * @typeParam TBody What the body of a page is.
 * @param url The first page.
 * @param options How the next page is found, and limits.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @throws {HttpError} When it is read: if an answer is not a success, too large, or no JSON.
 * @category Pages
 *
 * @example Links in a header
 * ```ts
 * import { nextByLink, pages } from "@headrace/http";
 * import { assertEquals } from "@std/assert";
 *
 * const answers: Record<string, Response> = {
 *   "/rivers": Response.json(["Elbe", "Rhine"], { headers: { link: "</rivers?page=2>; rel=next" } }),
 *   "/rivers?page=2": Response.json(["Oder"]),
 * };
 * const fetch = (url: string | URL | Request) => Promise.resolve(answers[String(url).slice(23)]!.clone());
 *
 * const rivers = pages<string>("https://api.example.com/rivers", { next: nextByLink(), fetch });
 * assertEquals(await Array.fromAsync(rivers), ["Elbe", "Rhine", "Oder"]);
 *
 * const rest = rivers.open({ page: "/rivers", index: 1 });
 * assertEquals(await Array.fromAsync(rest, ({ item }) => item), ["Rhine", "Oder"]);
 * ```
 */
export function pages<TItem = unknown, TBody = unknown>(
  url: string | URL,
  options: PagesOptions<TItem, TBody>,
): PagesSource<TItem> {
  const settings = readSettings(url, options);
  return createSource<TItem, PagePosition>({
    requirePosition: (from) => requirePosition(settings.url, from),
    createReader: (signal) => {
      const walk = new Walk();
      return (from) => readPages(settings, { from, walk }, signal);
    },
    retry: options.retry,
  });
}

interface Settings<TItem, TBody>
  extends Pick<PagesOptions<TItem, TBody>, "next" | "items" | "request" | "fetch"> {
  readonly url: URL;
  readonly maxBytes: number;
  readonly maxPages: number;
}

function readSettings<TItem, TBody>(
  url: string | URL,
  options: PagesOptions<TItem, TBody>,
): Settings<TItem, TBody> {
  const known = ["next", "items", "request", "fetch", "retry", "maxBytes", "maxPages"];
  requireKnown(NAME, options, known);
  const { next, items, request, fetch } = options;
  if (typeof next !== "function") {
    throw new TypeError(complaint(NAME, "next", "a function, such as nextByLink()", next));
  }
  requireFunction(NAME, "items", items);
  requireFunction(NAME, "fetch", fetch);
  return {
    ...{ url: toSendable(url, {}).url, next, items, request, fetch },
    maxBytes: readInteger(NAME, "maxBytes", options.maxBytes, { fallback: DEFAULT_MAX_BYTES }),
    maxPages: readInteger(NAME, "maxPages", options.maxPages, { fallback: DEFAULT_MAX_PAGES }),
  };
}

function requirePosition(first: URL, from: PagePosition): void {
  const { page, index } = Object(from) as Partial<PagePosition>;
  const isPage = typeof page === "string" && resolvePage(page, first)?.origin === first.origin;
  if (isPage && Number.isSafeInteger(index) && index! >= 0) return;
  const rule = `a position { page, index } on ${first.origin}`;
  throw new TypeError(complaint(NAME, "from", rule, from));
}

async function* readPages<TItem, TBody>(
  settings: Settings<TItem, TBody>,
  { from, walk }: { readonly from: PagePosition | undefined; readonly walk: Walk },
  signal: AbortSignal,
): AsyncGenerator<Positioned<TItem, PagePosition>, void, undefined> {
  let url = from === undefined ? settings.url : resolvePage(from.page, settings.url)!;
  let skipped = from?.index ?? 0;
  walk.resume();
  for (;;) {
    const { request } = settings;
    const init = (typeof request === "function" ? await request(new URL(url)) : request) ?? {};
    const asked = toSendable(url, init);
    const { fetch, maxBytes } = settings;
    const response = await fetchOk(url, { ...init, signal, fetch });
    const refuse = (code: "INVALID_BODY" | "PAGE_REFUSED", rule: string) =>
      createHttpError(asked, response, { code, rule, retryable: false });

    const body = parse<TBody>(await readText(asked, response, { maxBytes, signal }), () => {
      return refuse("INVALID_BODY", "its body must be JSON");
    });
    const items = toItems(settings, body, asked);
    const { headers } = response;
    const given = settings.next({ url: new URL(url), body, headers, count: items.length });
    const next = given === undefined || given === null ? undefined : resolveNext(given, url);
    if (next instanceof URL) {
      if (next.origin !== settings.url.origin) {
        const rule = `its next page must be on ${settings.url.origin}, got ${next.origin}`;
        throw refuse("PAGE_REFUSED", rule);
      }
      if (walk.closes(url, next)) {
        throw refuse("PAGE_REFUSED", "its next page must be a new one, and it has been read");
      }
      if (walk.count === settings.maxPages) {
        const rule = `it must be one of at most ${walk.count} pages (maxPages), and has a next one`;
        throw refuse("PAGE_REFUSED", rule);
      }
    } else if (next !== undefined) {
      throw refuse("PAGE_REFUSED", "its next page must be a valid URL");
    }

    const here = url.pathname + url.search;
    for (let index = skipped; index < items.length; index++) {
      const isLast = index === items.length - 1 && next !== undefined;
      const position = isLast
        ? { page: next.pathname + next.search, index: 0 }
        : { page: here, index: index + 1 };
      if (isLast) walk.save();
      yield { item: items[index]!, position };
    }
    if (next === undefined) return;
    skipped = 0;
    url = next;
  }
}

/** The URL of a position: where its path begins with two slashes, no host follows them. */
function resolvePage(page: string, first: URL): URL | undefined {
  const address = page.startsWith("/") ? first.origin + page : page;
  return URL.canParse(address, first) ? new URL(address, first) : undefined;
}

function resolveNext(given: unknown, base: URL): URL | "invalid" {
  if (typeof given !== "string" && Object.prototype.toString.call(given) !== "[object URL]") {
    Promise.resolve(given).catch(() => {}); // an async function's failure is not the one to report
    const rule = "a URL, a text, or nothing after the last page";
    throw new TypeError(
      `Cannot read the page ${showUrl(base)}: next must return ${rule}, got ${show(given)}`,
    );
  }
  return URL.canParse(String(given), base) ? new URL(String(given), base) : "invalid";
}

function parse<TBody>(text: string, createError: () => Error): TBody {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message shows what is in the body.
    throw createError();
  }
}

function toItems<TItem, TBody>(
  { items }: Settings<TItem, TBody>,
  body: TBody,
  { url }: Exchange,
): readonly TItem[] {
  const found: unknown = items === undefined ? body : items(body);
  if (Array.isArray(found)) return found;
  if (items !== undefined && typeof found === "object" && found !== null) {
    if (Symbol.iterator in found) return [...found as Iterable<TItem>];
  }
  const what = items === undefined ? "its body" : "what items returns";
  const names = Object.entries(Object(body)).filter(([, value]) => Array.isArray(value));
  const hint = names[0] === undefined ? "" : `; items: (body) => body.${names[0][0]} would be one`;
  throw new TypeError(`Cannot read the page ${showUrl(url)}: ${what} must be an array${hint}`);
}

/** How far a walk has come. */
interface Steps {
  /** How many pages have a next one. */
  readonly count: number;
  readonly mark: string;
  readonly power: number;
  readonly left: number;
}

/**
 * Counts pages, and finds a circle of them with two of them in memory (Brent, 1980). A page that is read again
 * after a failure is no circle.
 */
class Walk {
  #steps: Steps | undefined;
  /** As it was when the last position moved on to a page. */
  #saved: Steps | undefined;

  /** How many pages there are, with the one that `closes()` was asked about last. */
  get count(): number {
    return this.#steps?.count ?? 0;
  }

  /** Whether `next`, which follows `current`, has been read before. */
  closes(current: URL, next: URL): boolean {
    const { count, mark, power, left } = this.#steps ??
      { count: 0, mark: current.href, power: 1, left: 1 };
    this.#steps = left === 1
      ? { count: count + 1, mark: next.href, power: 2 * power, left: 2 * power }
      : { count: count + 1, mark, power, left: left - 1 };
    return next.href === mark;
  }

  save(): void {
    this.#saved = this.#steps;
  }

  /** Goes back to where it was saved. */
  resume(): void {
    this.#steps = this.#saved;
  }
}
