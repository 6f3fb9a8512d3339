/**
 * Streams of gRPC and Connect: calls as sources and as operators, and pipelines as their implementations. For
 * clients and servers of [Connect](https://connectrpc.com), and any that have its form: messages as async
 * iterables, and a signal.
 *
 * @example A service and its client
 * ```ts
 * import { rpcExchange, rpcHandler, rpcSource } from "@headrace/http/rpc";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const double = StreamingPipeline.start<number>().map("double", (number) => number * 2);
 * // router.service(Mill, { grind: rpcHandler(double) }) serves it; a client has the methods of the service.
 * const grind = rpcHandler(double);
 *
 * const numbers = rpcSource(({ signal }) => grind(4, { signal }));
 * const both = StreamingPipeline.start<number>().use("grind", rpcExchange(grind));
 * assertEquals(await Array.fromAsync(numbers), [8]);
 * assertEquals(await both.executeToArray([1, 2]), [2, 4]);
 * ```
 *
 * @module
 */

export { RpcError, type RpcErrorCode, type RpcErrorDetails } from "./rpc_error.ts";
export { type ExchangeCall, rpcExchange } from "./rpc_exchange.ts";
export { type RpcContext, rpcHandler } from "./rpc_handler.ts";
export {
  type RpcSource,
  rpcSource,
  type RpcSourceCall,
  type RpcSourceOptions,
} from "./rpc_source.ts";
