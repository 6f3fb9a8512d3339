import type { Alert } from "../../pipeline.ts";
import { Inbox } from "./inbox.ts";

/** What came in, and how it was answered. */
export interface Posted {
  readonly alert: Alert;
  readonly idempotencyKey: string | null;
  readonly status: number;
}

/** A server on loopback that takes alerts, or answers with another `status`. */
export class Endpoint implements AsyncDisposable {
  readonly posted: Inbox<Posted> = new Inbox();
  status = 204;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, async (request) => {
      const { status } = this;
      const alert = await request.json();
      const idempotencyKey = request.headers.get("idempotency-key");
      this.posted.put({ alert, idempotencyKey, status });
      return new Response(null, { status, headers: { location: "http://192.0.2.1/" } });
    });
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#server.addr.port}/alerts`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
