/**
 * What a {@linkcode PolicyError} is made from.
 *
 * @category Policies
 */
export interface PolicyErrorDetails {
  /** See {@linkcode PolicyError.code}. */
  readonly code: string;
  /** See {@linkcode PolicyError.retryable}. */
  readonly retryable: boolean;
  /** See {@linkcode PolicyError.retryAfterMs}. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * A policy has refused a call, which was not made. In a stage it is the `cause` of a
 * `StreamingError`, which has its `code`.
 *
 * @category Policies
 *
 * @example A call that is too large for any interval
 * ```ts
 * import { PolicyError, rateLimit } from "@headrace/pipeline/policies";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const tokens = rateLimit({ limit: 1_000, intervalMs: 60_000, cost: Number });
 *
 * const error = await assertRejects(() => tokens.run(() => "answer", { input: 2_000 }), PolicyError);
 * assertEquals([error.code, error.retryable], ["COST_EXCEEDS_LIMIT", false]);
 * ```
 */
export class PolicyError extends Error {
  /** `PolicyError`. */
  override readonly name: string = "PolicyError";
  /** Which rule has refused it: `COST_EXCEEDS_LIMIT`, `CIRCUIT_OPEN` or `BUDGET_SPENT`. */
  readonly code: string;
  /** Whether another attempt could be admitted. */
  readonly retryable: boolean;
  /** How long to wait before another attempt, in milliseconds; absent where it is not known. */
  readonly retryAfterMs?: number | undefined;

  /** Makes the error. */
  constructor(message: string, { code, retryable, retryAfterMs }: PolicyErrorDetails) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}
