import { type RetryOptions, StreamingPipeline } from "@headrace/pipeline";

/** How often a call is tried again by default. */
export const DEFAULT_RETRIES = 3;

/** How many calls run at a time by default. */
export const DEFAULT_PARALLEL = 1;

const BACKOFF_MS = 500;
/** Limits of endpoints are often per minute. */
const MAX_BACKOFF_MS = 60_000;
const TIMEOUT_MS = 60_000;

/** How the embedder is called: options of the stage that calls it. */
export interface CallOptions {
  readonly retry: RetryOptions;
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How many calls run at a time. @default 1 */
  readonly concurrencyLimit?: number;
}

/**
 * The usual patience with an endpoint. What is worth trying again the library decides: time-outs,
 * HTTP 408, 425, 429 and 5xx, and what says so in `retryable`. It waits as `Retry-After` asks.
 */
export function patientCalls(
  retries: number = DEFAULT_RETRIES,
  concurrencyLimit: number = DEFAULT_PARALLEL,
): CallOptions {
  return {
    concurrencyLimit,
    retry: { maxAttempts: retries + 1, backoffMs: BACKOFF_MS, maxBackoffMs: MAX_BACKOFF_MS },
    timeoutMs: TIMEOUT_MS,
  };
}

/** Makes one call with the same patience outside of a stream. */
export async function callPatiently<TMade>(
  work: (signal: AbortSignal) => Promise<TMade>,
  calls: CallOptions,
  signal: AbortSignal,
): Promise<TMade> {
  const one = StreamingPipeline.start<string>()
    .map("embed", (_, __, { signal }) => work(signal), calls);
  const [made] = await one.executeToArray(["once"], { signal });
  return made as TMade;
}
