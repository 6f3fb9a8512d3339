import type { Order, OrdersPage } from "./orders.ts";

const PAGE_SIZE = 50;
const CUSTOMERS = ["Brook", "Ford", "Miller", "Weir", "Wheeler"];

/** The order with an id; the same each time. */
export function makeOrder(id: number): Order {
  return { id, customer: id % CUSTOMERS.length, cents: 100 + (id * 7_919) % 9_900 };
}

/**
 * A small API on loopback that counts which pages it is asked for: `/orders?after=100`,
 * `/customers/3`.
 */
export class OrdersApi implements AsyncDisposable {
  /** How many orders it lists. */
  readonly count: number;
  /** How often each page was asked for, by the id before it. */
  readonly #asked: Map<number, number> = new Map();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** How many pages are still answered at once; others wait. */
  #allowed: number = Infinity;
  #exhausted: PromiseWithResolvers<void> = Promise.withResolvers();
  #opened: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(pageCount: number, port = 0) {
    this.count = pageCount * PAGE_SIZE;
    const options = { hostname: "127.0.0.1", port, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** How many pages were asked for again. */
  get askedAgain(): number {
    return [...this.#asked.values()].reduce((sum, times) => sum + times - 1, 0);
  }

  /**
   * Answers so many pages more, and lets others wait until it is called again, and fail then.
   * Resolves when that many were asked for.
   */
  allow(pages: number): Promise<void> {
    this.#allowed = pages;
    this.#opened.resolve();
    this.#opened = Promise.withResolvers();
    this.#exhausted = Promise.withResolvers();
    if (pages === 0) this.#exhausted.resolve();
    return this.#exhausted.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.allow(Infinity);
    await this.#server.shutdown();
  }

  async #answer({ url }: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    const name = CUSTOMERS[Number(/^\/customers\/(\d{1,9})$/.exec(pathname)?.[1])];
    if (name !== undefined) return Response.json({ name });
    const after = Number(searchParams.get("after") ?? 0);
    if (pathname !== "/orders" || !(after >= 0 && after < this.count && after % PAGE_SIZE === 0)) {
      return new Response(null, { status: 404 });
    }
    if (this.#allowed <= 0) {
      // Who has waited was killed meanwhile: that is when pages are allowed again.
      await this.#opened.promise;
      return new Response(null, { status: 503 });
    }
    if (--this.#allowed === 0) this.#exhausted.resolve();
    this.#asked.set(after, (this.#asked.get(after) ?? 0) + 1);
    return Response.json(this.#makePage(after));
  }

  #makePage(after: number): OrdersPage {
    const orders = Array.from({ length: PAGE_SIZE }, (_, index) => makeOrder(after + index + 1));
    const end = after + PAGE_SIZE;
    return end < this.count ? { orders, next: end } : { orders };
  }
}
