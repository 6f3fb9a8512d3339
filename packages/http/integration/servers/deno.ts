// With "body", the request is handled without its signal: the body alone says that the client has left.

import { argv } from "node:process";
import { handle } from "./handle.ts";

const usesSignal = argv[2] !== "body";

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`PORT ${port}`),
}, (request) => handle(request, { signal: usesSignal ? request.signal : undefined }));
