// With "body", the request is handled without its signal: the body alone says that the client has left.

import { argv } from "node:process";
import { handle } from "./handle.ts";

const usesSignal = argv[2] !== "body";

interface BunServer {
  readonly port: number;
}

interface BunRuntime {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    readonly idleTimeout: number;
    readonly fetch: (request: Request) => Response | Promise<Response>;
  }): BunServer;
}

const { Bun } = globalThis as unknown as { Bun: BunRuntime };
const { port } = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  // Bun closes connections that are silent for longer than that many seconds; 0 leaves them open.
  idleTimeout: 0,
  fetch: (request) => handle(request, { signal: usesSignal ? request.signal : undefined }),
});
console.log(`PORT ${port}`);
