// Without the signal of the request: the body alone says that the client has left.

import { handle } from "./handle.ts";

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`PORT ${port}`),
}, (request) => handle(request));
