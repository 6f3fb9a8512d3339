import { createPage } from "../page.ts";

/** A request that waits for its answer. */
export interface Pending {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly answer: (response: Response) => void;
}

/** A shop whose every answer the test gives. */
export class Shop implements AsyncDisposable {
  readonly url: string;
  /** Every path that was asked for. */
  readonly asked: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #pending: Pending[] = [];
  #changed = Promise.withResolvers<void>();

  private constructor(page: (path: string) => Response | undefined) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#handle(request, page),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Opens one whose page begins in the module `entry`. */
  static async open(entry?: string): Promise<Shop> {
    return new Shop(await createPage(entry));
  }

  /** The requests that wait, oldest first. */
  get paths(): string[] {
    return this.#pending.map(({ path }) => path);
  }

  /** Waits until requests to these paths wait, and no others. */
  async until(...paths: readonly string[]): Promise<void> {
    while (JSON.stringify(this.paths.toSorted()) !== JSON.stringify(paths.toSorted())) {
      await this.#changed.promise;
    }
  }

  /** Answers the oldest request to `path`. */
  answer(path: string, value: unknown, status = 200): void {
    const index = this.#pending.findIndex((pending) => pending.path === path);
    if (index === -1) throw new Error(`${path} is not asked for, but ${this.paths}`);
    const [pending] = this.#pending.splice(index, 1);
    pending!.answer(Response.json(value, { status }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { answer } of this.#pending) answer(new Response(null, { status: 503 }));
    await this.#server.shutdown();
  }

  #handle(request: Request, page: (path: string) => Response | undefined): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const file = page(pathname);
    if (file !== undefined) return Promise.resolve(file);
    if (!pathname.startsWith("/api/")) return Promise.resolve(new Response(null, { status: 404 }));
    return new Promise((answer) => {
      const pending: Pending = { path: pathname + search, signal: request.signal, answer };
      this.#pending.push(pending);
      this.asked.push(pending.path);
      request.signal.addEventListener("abort", () => {
        const index = this.#pending.indexOf(pending);
        if (index === -1) return;
        this.#pending.splice(index, 1);
        answer(new Response(null, { status: 499 }));
        this.#tell();
      });
      this.#tell();
    });
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
