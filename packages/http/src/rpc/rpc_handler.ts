import type { PipelineOf, RunOptions } from "@headrace/pipeline/core";
import { delegate } from "../_delegate.ts";
import { complaint } from "../_options.ts";

/**
 * What is used of the context of a call.
 *
 * @category RPC
 */
export interface RpcContext {
  /** Aborted when the client has left, or its deadline is over. */
  readonly signal: AbortSignal;
}

/**
 * Makes a method of a service of a pipeline: what the client sends goes in, and what comes out is sent, as far as
 * the client reads.
 *
 * It implements methods that answer with a stream, whether they take one message or a stream. The run is closed
 * when the client leaves, also while nothing is sent. What is thrown as a `ConnectError` reaches the client with
 * its status; other failures are those of the server's framework, which hides them from the client.
 *
 * @typeParam TInput The messages of the client.
 * @typeParam TOutput The messages that are sent.
 * @param pipeline A pipeline of either face.
 * @throws {TypeError} If it is no pipeline.
 * @category RPC
 *
 * @example A service of Connect
 * ```ts
 * import { rpcHandler } from "@headrace/http/rpc";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = StreamingPipeline.start<{ count: number }>()
 *   .flatMap("id", ({ count }) => Array.from({ length: count }, (_, id) => ({ id })));
 * // connectNodeAdapter({ routes: (router) => router.service(Rows, { list }) })
 * const list = rpcHandler(rows);
 *
 * const { signal } = new AbortController();
 * assertEquals(await Array.fromAsync(list({ count: 2 }, { signal })), [{ id: 0 }, { id: 1 }]);
 * ```
 */
export function rpcHandler<TInput, TOutput>(
  pipeline: PipelineOf<TInput, TOutput>,
): (
  input: TInput | AsyncIterable<TInput>,
  context: RpcContext,
) => AsyncGenerator<TOutput, void, undefined> {
  /** What both faces have. */
  const { execute } = Object(pipeline) as {
    execute?: (source: unknown, options: RunOptions) => AsyncGenerator<TOutput, void, undefined>;
  };
  if (typeof execute !== "function") {
    throw new TypeError(complaint("rpcHandler()", "its pipeline", "a pipeline", pipeline));
  }
  return (input, { signal }) =>
    delegate(execute.call(pipeline, input, { signal }), {
      toItem: (item) => item,
      toError: toStatus,
    });
}

/** A `ConnectError` that a function of the pipeline has thrown reaches the client as it is. */
function toStatus(error: unknown): unknown {
  // By its name: a pipeline of another copy of the core has another class.
  const { name, cause } = Object(error) as { readonly name?: unknown; readonly cause?: unknown };
  if (name !== "StreamingError") return error;
  return (Object(cause) as { name?: unknown }).name === "ConnectError" ? cause : error;
}
