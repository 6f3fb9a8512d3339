// A server of the Durable Streams protocol, for tests.

/** A stream in memory, as a server of the protocol has it: offsets count messages. */
export class DurableServer {
  readonly asked: string[] = [];
  readonly messages: unknown[] = [];
  isClosed = false;
  /** How many messages an answer has at most. */
  most = 3;
  failures = 0;
  /** How many writes are made whose answers are lost. */
  lost = 0;
  readonly #producers = new Map<string, number>();
  #wake: () => void = () => {};

  append(...messages: unknown[]): void {
    this.messages.push(...messages);
    this.#wake();
  }

  close(): void {
    this.isClosed = true;
    this.#wake();
  }

  readonly fetch = async (
    input: string | URL | Request,
    init: RequestInit = {},
  ): Promise<Response> => {
    const url = new URL(String(input));
    const headers = new Headers(init.headers);
    this.asked.push(`${init.method ?? "GET"} ${url.search}`);
    if (this.failures-- > 0) throw new TypeError("fetch failed");
    if (init.method === "PUT") return new Response(null, { status: 201 });
    if (init.method === "POST") return this.#post(headers, init.body as string | undefined);
    const offset = Math.max(0, Number(url.searchParams.get("offset")));
    if (url.searchParams.has("live") && offset === this.messages.length && !this.isClosed) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#read(offset);
  };

  #read(offset: number): Response {
    const items = this.messages.slice(offset, offset + this.most);
    const next = offset + items.length;
    const isLast = next === this.messages.length;
    return Response.json(items, {
      headers: {
        "stream-next-offset": String(next),
        "stream-cursor": "c1",
        ...(isLast && { "stream-up-to-date": "true" }),
        ...(isLast && this.isClosed && { "stream-closed": "true" }),
      },
    });
  }

  #post(headers: Headers, body: string | undefined): Response {
    const producer = `${headers.get("producer-id")}/${headers.get("producer-epoch")}`;
    const sequence = Number(headers.get("producer-seq"));
    const expected = this.#producers.get(producer) ?? 0;
    if (sequence < expected) return new Response(null, { status: 204 });
    if (sequence > expected) return new Response("Producer sequence gap", { status: 409 });
    this.#producers.set(producer, expected + 1);
    if (headers.get("stream-closed") === "true") this.close();
    else this.append(...JSON.parse(body!));
    if (this.lost-- > 0) throw new TypeError("fetch failed");
    return new Response(null, { status: 200 });
  }
}
