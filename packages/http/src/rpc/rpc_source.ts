import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import type { RetrySourceOptions } from "@headrace/pipeline/sources";
import { complaint, requireFunction, requireKnown } from "../_options.ts";
import { createSource } from "../_positioned_source.ts";
import { toRpcError } from "./rpc_error.ts";

const NAME = "rpcSource()";

/**
 * Makes a call whose answer is a stream: `({ signal, from }) => client.watch({ after: from }, { signal })`.
 *
 * @typeParam T The messages.
 * @typeParam TPosition The positions.
 * @category RPC
 */
export type RpcSourceCall<T, TPosition> = (
  options: {
    /** Aborted when no more messages are wanted. */
    readonly signal: AbortSignal;
    /** The position of the last message that was read; `undefined` at the beginning. */
    readonly from: TPosition | undefined;
  },
) => AsyncIterable<T>;

/**
 * Options of {@linkcode rpcSource}.
 *
 * @typeParam T The messages.
 * @typeParam TPosition The positions.
 * @category RPC
 */
export interface RpcSourceOptions<T, TPosition> {
  /** The position of a message, of which JSON has a form; `undefined` keeps the position before. */
  readonly position?: ((message: T) => TPosition | undefined) | undefined;
  /** How a call that fails is made again from the last position, or how often; not at all by default. */
  readonly retry?: number | RetrySourceOptions | undefined;
}

/**
 * The messages of calls: read with `for await`, by a pipeline, or from a position.
 *
 * @typeParam T The messages.
 * @typeParam TPosition The positions; `null` where there are none.
 * @category RPC
 */
export interface RpcSource<T, TPosition>
  extends AsyncIterable<T>, PositionedSource<T, TPosition | null> {
  /** Reads the messages after a position, by a call of its own. */
  open(
    from: TPosition | null | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<Positioned<T, TPosition | null>, void, undefined>;
  /** Reads the messages, each time by a call of its own. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}

/**
 * Reads the messages of a server that answers with a stream.
 *
 * The call is made when the first message is asked for, and aborted at once when the source is closed. Messages
 * come out in order; the server is slowed to its reader as far as the client does that, which over HTTP/2 is by
 * its windows. With `retry` a call that fails with a status that may pass is made again, from the position of
 * the last message.
 *
 * @typeParam T The messages.
 * @typeParam TPosition The positions.
 * @param call Makes the call.
 * @param options How positions are read, and how a call is made again.
 * @throws {TypeError | RangeError} At once, if an option is not valid.
 * @throws {RpcError} When it is read: if the call fails.
 * @category RPC
 *
 * @example A call that fails in the middle
 * ```ts
 * import { rpcSource } from "@headrace/http/rpc";
 * import { assertEquals } from "@std/assert";
 *
 * // As a client has it: client.count({ from }, { signal }).
 * async function* count(from: number) {
 *   yield from + 1;
 *   if (from < 2) throw Object.assign(new Error(), { name: "ConnectError", code: 14, rawMessage: "gone" });
 * }
 * const numbers = rpcSource(({ from = 0 }: { from?: number | undefined }) => count(from), {
 *   position: (number) => number,
 *   retry: { maxAttempts: 3, backoffMs: 1 },
 * });
 *
 * assertEquals(await Array.fromAsync(numbers), [1, 2, 3]);
 * ```
 */
export function rpcSource<T, TPosition = null>(
  call: RpcSourceCall<T, TPosition>,
  options: RpcSourceOptions<T, TPosition> = {},
): RpcSource<T, TPosition> {
  requireKnown(NAME, options, ["position", "retry"]);
  const { position, retry } = options;
  if (typeof call !== "function") {
    throw new TypeError(complaint(NAME, "its call", "a function", call));
  }
  requireFunction(NAME, "position", position);
  if (retry !== undefined && position === undefined) {
    throw new TypeError(complaint(NAME, "position", "a function where it is retried", position));
  }
  return createSource<T, TPosition | null>({
    createReader: (signal) =>
      async function* (from) {
        let last = from ?? undefined;
        try {
          for await (const item of call({ signal, from: last })) {
            last = position?.(item) ?? last;
            yield { item, position: last ?? null };
          }
        } catch (error) {
          throw toRpcError(error);
        }
      },
    retry,
  });
}
