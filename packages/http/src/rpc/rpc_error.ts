import { toShown } from "../_secrets.ts";

/** By their numbers (gRPC, "Status codes and their use in gRPC"), from 1. */
const CODES: readonly RpcErrorCode[] = [
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** Codes after which another attempt may help (gRPC, "Retry design", and its codes for limits and lost races). */
const PASSING: ReadonlySet<RpcErrorCode> = new Set([
  "DEADLINE_EXCEEDED",
  "RESOURCE_EXHAUSTED",
  "ABORTED",
  "UNAVAILABLE",
]);
const MAX_MESSAGE_LENGTH = 1_024;

/**
 * A status of gRPC that is not a success.
 *
 * @category RPC
 */
export type RpcErrorCode =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/**
 * What an {@linkcode RpcError} is made from.
 *
 * @category RPC
 */
export interface RpcErrorDetails {
  /** See {@linkcode RpcError.code}. */
  readonly code: RpcErrorCode;
  /** See {@linkcode RpcError.headers}. */
  readonly headers?: Headers | undefined;
  /** What the client has thrown. */
  readonly cause?: unknown;
}

/**
 * A call that has failed, with its status as a code that the core knows.
 *
 * `retry` tries again after `UNAVAILABLE`, `RESOURCE_EXHAUSTED`, `ABORTED` and `DEADLINE_EXCEEDED`, and honours
 * `Retry-After` among the metadata. What the client has thrown is the `cause`.
 *
 * @category RPC
 *
 * @example A status by its name
 * ```ts
 * import { RpcError } from "@headrace/http/rpc";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new RpcError("no such mill", { code: "NOT_FOUND" });
 * assertEquals([error.code, error.retryable], ["NOT_FOUND", false]);
 * ```
 */
export class RpcError extends Error {
  /** `RpcError`. */
  override readonly name: string = "RpcError";
  /** The status. */
  readonly code: RpcErrorCode;
  /** Whether another attempt could help. */
  readonly retryable: boolean;
  /** The metadata that came with it. */
  readonly headers?: Headers;

  /** Makes the error. */
  constructor(message: string, { code, headers, cause }: RpcErrorDetails) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.retryable = PASSING.has(code);
    if (headers !== undefined) this.headers = headers;
  }
}

/** What a client of Connect has thrown, as an `RpcError`; anything else as it is. */
export function toRpcError(thrown: unknown): unknown {
  const { name, code, rawMessage, metadata } = Object(thrown) as {
    readonly name?: unknown;
    readonly code?: unknown;
    readonly rawMessage?: unknown;
    readonly metadata?: unknown;
  };
  const status = typeof code === "number" ? CODES[code - 1] : undefined;
  if (name !== "ConnectError" || status === undefined) return thrown;
  const said = toShown(String(rawMessage).slice(0, MAX_MESSAGE_LENGTH), []);
  return new RpcError(`The call has failed: ${said}`, {
    code: status,
    headers: metadata instanceof Headers ? metadata : undefined,
    cause: thrown,
  });
}
