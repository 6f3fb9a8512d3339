import type { Operator } from "@headrace/pipeline/core";
import { add } from "@headrace/pipeline/operators";
import { closable } from "../_closable.ts";
import { complaint } from "../_options.ts";
import { toRpcError } from "./rpc_error.ts";

/**
 * Makes a call that takes a stream and answers with one: a method of a client of Connect.
 *
 * @typeParam TInput The messages that it takes.
 * @typeParam TOutput The messages that it answers with.
 * @category RPC
 */
export type ExchangeCall<TInput, TOutput> = (
  input: AsyncIterable<TInput>,
  options: { readonly signal: AbortSignal },
) => AsyncIterable<TOutput>;

/**
 * Sends the items of a pipeline over a call, whose answers are what comes out.
 *
 * An item is computed when the client takes it, and that is held back by a server that does not read, as far as
 * the windows of HTTP/2 go; answers are read when they are asked for. The call begins with the first answer that
 * is asked for. It is aborted when the reader stops; where the server ends it, the source is closed.
 *
 * @typeParam TInput The items, which are the messages that are sent.
 * @typeParam TOutput The messages that come back.
 * @param call Makes the call, such as `(input, options) => client.exchange(input, options)`.
 * @throws {TypeError} If `call` is not a function.
 * @category RPC
 *
 * @example A stream both ways
 * ```ts
 * import { rpcExchange } from "@headrace/http/rpc";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * async function* upper(words: AsyncIterable<{ word: string }>) {
 *   for await (const { word } of words) yield { word: word.toUpperCase() };
 * }
 * const pipeline = StreamingPipeline.start<{ word: string }>()
 *   .use("upper", rpcExchange(upper))
 *   .map("word", ({ word }) => word);
 *
 * assertEquals(await pipeline.executeToArray([{ word: "mill" }, { word: "race" }]), ["MILL", "RACE"]);
 * ```
 */
export function rpcExchange<TInput, TOutput, TAccumulated = unknown, TContext = unknown>(
  call: ExchangeCall<TInput, TOutput>,
): Operator<TInput, TOutput, TAccumulated, TContext> {
  if (typeof call !== "function") {
    throw new TypeError(complaint("rpcExchange()", "its call", "a function", call));
  }
  return add(({ input, signal }: { input: AsyncIterable<TInput>; signal: AbortSignal }) =>
    closable((closed) => exchange(call, input, closed), signal)
  );
}

async function* exchange<TInput, TOutput>(
  call: ExchangeCall<TInput, TOutput>,
  input: AsyncIterable<TInput>,
  signal: AbortSignal,
): AsyncGenerator<TOutput, void, undefined> {
  try {
    yield* call(input, { signal });
  } catch (error) {
    throw toRpcError(error);
  }
}
