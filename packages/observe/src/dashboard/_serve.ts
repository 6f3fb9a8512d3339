// A server on whatever runtime this is.

import { show } from "../_options.ts";

/** Answers a request. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Ends what is open, and the server. */
  close(): Promise<void>;
}

/** The parts of the platforms that are used, where they exist. */
interface Platform {
  readonly Deno?: {
    serve(
      options: { hostname: string; port: number; signal: AbortSignal; onListen(): void },
      handler: Handler,
    ): {
      readonly addr: { readonly port: number };
      readonly finished: Promise<void>;
      unref(): void;
    };
  };
  readonly Bun?: {
    serve(options: { hostname: string; port: number; idleTimeout: number; fetch: Handler }): {
      readonly port: number;
      stop(closeActive: boolean): Promise<void>;
      unref(): void;
    };
  };
  readonly process?: { getBuiltinModule?(name: "node:http"): NodeHttp | undefined };
}

/** What is used of `node:http`. */
interface NodeHttp {
  createServer(listener: (request: NodeRequest, response: NodeResponse) => void): NodeServer;
}

interface NodeServer {
  once(event: "error", listener: (error: unknown) => void): void;
  listen(port: number, hostname: string, listener: () => void): void;
  address(): { readonly port: number };
  unref(): void;
  close(listener: (error?: unknown) => void): void;
  closeAllConnections(): void;
}

interface NodeRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface NodeResponse {
  writeHead(status: number, headers?: Record<string, string>): NodeResponse;
  write(part: Uint8Array): boolean;
  end(): void;
  destroy(): void;
  on(event: "close" | "drain", listener: () => void): void;
}

const { Deno, Bun, process } = globalThis as unknown as Platform;

/** Listens, and keeps no process alive that has nothing else to do. */
export async function listen(
  subject: string,
  hostname: string,
  port: number,
  handler: Handler,
): Promise<Listening> {
  if (Deno !== undefined) {
    const controller = new AbortController();
    const { signal } = controller;
    const server = Deno.serve({ hostname, port, signal, onListen: () => {} }, handler);
    server.unref();
    // Its shutdown() would wait for readers that take nothing any more.
    const close = () => {
      controller.abort();
      return server.finished;
    };
    return { port: server.addr.port, close };
  }
  if (Bun !== undefined) {
    const server = Bun.serve({ hostname, port, idleTimeout: 0, fetch: handler });
    server.unref();
    return { port: server.port, close: () => server.stop(true) };
  }
  // A module that is imported would be in every bundle, for browsers too.
  const http = process?.getBuiltinModule?.("node:http");
  if (http !== undefined) return await listenOnNode(http, hostname, port, handler);
  throw new TypeError(
    `${subject}: no server can be opened here (port ${show(port)}): answer with its fetch(request)`,
  );
}

async function listenOnNode(
  http: NodeHttp,
  hostname: string,
  port: number,
  handler: Handler,
): Promise<Listening> {
  const server = http.createServer((request, response) => {
    answer(request, response, handler).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => resolve());
  });
  server.unref();
  return {
    port: server.address().port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => error === undefined ? resolve() : reject(error));
        server.closeAllConnections();
      }),
  };
}

/** Requests have no body that matters: nothing of a dashboard can be changed. */
async function answer(
  { method = "GET", url = "/", headers }: NodeRequest,
  response: NodeResponse,
  handler: Handler,
): Promise<void> {
  if (method !== "GET" && method !== "HEAD") return void response.writeHead(405).end();
  const given = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) given.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  // Two slashes at its start are of a path here, and lead to no other host.
  const address = url.startsWith("/") ? `http://${given.get("host") ?? "localhost"}${url}` : url;
  if (!URL.canParse(address)) return void response.writeHead(400).end();
  // It may be closed at any time, also before there is anything to answer.
  let cancel = () => {};
  let resume = () => {};
  let isClosed = false;
  response.on("drain", () => resume());
  response.on("close", () => {
    isClosed = true;
    cancel();
    resume();
  });
  const { status, headers: made, body } = await handler(
    new Request(address, { method, headers: given }),
  );
  if (isClosed) return void await body?.cancel();
  response.writeHead(status, Object.fromEntries(made));
  const reader = body?.getReader();
  cancel = () => void reader?.cancel().catch(() => {});
  for (let part = await reader?.read(); part?.done === false; part = await reader!.read()) {
    if (isClosed || response.write(part.value)) continue;
    await new Promise<void>((resolve) => resume = resolve);
  }
  response.end();
}
