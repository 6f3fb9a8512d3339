/**
 * The HTTP half for Node's own interfaces: answers of its servers, its streams, its signals. They exist on
 * Node, Bun and Deno.
 *
 * @example A server of Node
 * ```ts
 * import { toResponse } from "@headrace/http";
 * import { writeResponse } from "@headrace/http/node";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 * import { once } from "node:events";
 * import { createServer } from "node:http";
 * import type { AddressInfo } from "node:net";
 *
 * const rows = StreamingPipeline.start<number>().map("row", (id) => ({ id }));
 * const server = createServer((_request, response) => {
 *   void writeResponse((request) => toResponse(rows, [1, 2], { as: "ndjson", request }), response);
 * });
 * server.listen(0, "127.0.0.1");
 * await once(server, "listening");
 *
 * const { port } = server.address() as AddressInfo;
 * const answer = await fetch(`http://127.0.0.1:${port}/`);
 * assertEquals(await answer.text(), '{"id":1}\n{"id":2}\n');
 * server.close();
 * ```
 *
 * @module
 */

export { fromNodeReadable } from "./from_node_readable.ts";
export { stopOn, type Stopping, type StopSignal } from "./stop_on.ts";
export { toNodeDuplex } from "./to_node_duplex.ts";
export { type NodeStreamOptions, toNodeReadable } from "./to_node_readable.ts";
export {
  type AnsweredRequest,
  type NodeConnection,
  type NodeResponse,
  writeResponse,
  type WriteResult,
} from "./write_response.ts";
