import process, { argv } from "node:process";
import { talk } from "./sockets.ts";
import { WebSocket } from "ws";

/** Node 20 has no `WebSocket` of its own. */
const connect = "WebSocket" in globalThis
  ? undefined
  : (url: string, protocols: string[]) => new WebSocket(url, protocols);
const [, , broken, taking, stalling] = argv as [string, string, string, string, string];
console.log(`RESULT ${JSON.stringify(await talk({ broken, taking, stalling }, connect))}`);
// What was not sent to a server that takes nothing keeps some runtimes alive.
process.exit(0);
