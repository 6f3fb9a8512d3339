import type { RetryOptions } from "@headrace/pipeline";

/** How often a call is tried again by default. */
export const DEFAULT_RETRIES = 3;

const BACKOFF_MS = 500;
/** Limits of endpoints are often per minute. */
const MAX_BACKOFF_MS = 60_000;
const TIMEOUT_MS = 60_000;

/** How the embedder is called: options of the stage that calls it. */
export interface CallOptions {
  readonly retry: RetryOptions;
  /** How long one attempt may take, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * The usual patience with an endpoint. What is worth trying again the library decides: time-outs,
 * HTTP 408, 425, 429 and 5xx, and what says so in `retryable`. It waits as `Retry-After` asks.
 */
export function patientCalls(retries: number = DEFAULT_RETRIES): CallOptions {
  return {
    retry: { maxAttempts: retries + 1, backoffMs: BACKOFF_MS, maxBackoffMs: MAX_BACKOFF_MS },
    timeoutMs: TIMEOUT_MS,
  };
}
