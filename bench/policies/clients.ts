// The same work with each library, called as its own documentation says. Each may have as many calls
// at a time, tries a call ten times, and waits between a second and half a minute before the next.

import { StreamingPipeline } from "@headrace/pipeline";
import { adaptive, circuitBreaker, policy, rateLimit } from "@headrace/pipeline/policies";
import Bottleneck from "bottleneck";
import {
  circuitBreaker as breakCircuit,
  ExponentialBackoff,
  handleAll,
  retry,
  SamplingBreaker,
  wrap,
} from "cockatiel";
import pMap from "p-map";
import pRetry from "p-retry";
import pThrottle from "p-throttle";
import { type Item, PROVIDER } from "./provider.ts";

/** What a client is given. */
export interface Job {
  readonly items: readonly Item[];
  readonly call: (item: Item) => Promise<number>;
  /** The most calls at a time. */
  readonly maxCalls: number;
}

/** Works on all items. An item that fails for good is left out. */
export type Client = (job: Job) => Promise<void>;

const MAX_ATTEMPTS = 10;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
const MINUTE_MS = 60_000;
const { requestsPerMinute, tokensPerMinute } = PROVIDER;
const RETRY = {
  maxAttempts: MAX_ATTEMPTS,
  backoffMs: FIRST_WAIT_MS,
  maxBackoffMs: LONGEST_WAIT_MS,
};

const leaveOut = () => undefined;

/** The libraries, by the name that the table gives them. */
export const CLIENTS: Readonly<Record<string, Client>> = {
  "no policy": async ({ items, call, maxCalls }) => {
    await StreamingPipeline.start<Item>()
      .map("answer", call, {
        concurrencyLimit: maxCalls,
        ordered: false,
        retry: RETRY,
        errorStrategy: "SKIP_FAILED",
      })
      .executeForEach(items, () => {});
  },

  "p-retry and p-throttle": async ({ items, call, maxCalls }) => {
    const throttleRequests = pThrottle({
      limit: requestsPerMinute,
      interval: MINUTE_MS,
      strict: true,
    });
    const throttleTokens = pThrottle({
      limit: tokensPerMinute,
      interval: MINUTE_MS,
      strict: true,
      weight: (item: Item) => item.tokens,
    });
    const throttled = throttleRequests(throttleTokens(call));
    await pMap(items, (item) =>
      pRetry(() => throttled(item), {
        retries: MAX_ATTEMPTS - 1,
        minTimeout: FIRST_WAIT_MS,
        maxTimeout: LONGEST_WAIT_MS,
        randomize: true,
      }).catch(leaveOut), { concurrency: maxCalls });
  },

  "Bottleneck": async ({ items, call, maxCalls }) => {
    const requests = new Bottleneck({
      maxConcurrent: maxCalls,
      minTime: MINUTE_MS / requestsPerMinute,
      reservoir: requestsPerMinute,
      reservoirRefreshAmount: requestsPerMinute,
      reservoirRefreshInterval: MINUTE_MS,
    });
    const tokens = new Bottleneck({
      reservoir: tokensPerMinute,
      reservoirRefreshAmount: tokensPerMinute,
      reservoirRefreshInterval: MINUTE_MS,
    });
    requests.on("failed", (_error, { retryCount }) => {
      if (retryCount >= MAX_ATTEMPTS - 1) return;
      return Math.min(FIRST_WAIT_MS * 2 ** retryCount, LONGEST_WAIT_MS);
    });
    await Promise.all(
      items.map((item) =>
        requests.schedule(() => tokens.schedule({ weight: item.tokens }, () => call(item)))
          .catch(leaveOut)
      ),
    );
    await Promise.all([requests.disconnect(), tokens.disconnect()]);
  },

  "cockatiel": async ({ items, call, maxCalls }) => {
    const resilient = wrap(
      retry(handleAll, {
        maxAttempts: MAX_ATTEMPTS - 1,
        backoff: new ExponentialBackoff({ initialDelay: FIRST_WAIT_MS, maxDelay: LONGEST_WAIT_MS }),
      }),
      breakCircuit(handleAll, {
        halfOpenAfter: 10_000,
        breaker: new SamplingBreaker({ threshold: 0.5, duration: 30_000 }),
      }),
    );
    await pMap(items, (item) => resilient.execute(() => call(item)).catch(leaveOut), {
      concurrency: maxCalls,
    });
  },

  "Headrace": async ({ items, call, maxCalls }) => {
    const provider = policy(
      rateLimit({ limit: requestsPerMinute, intervalMs: MINUTE_MS, smooth: true }),
      rateLimit({
        limit: tokensPerMinute,
        intervalMs: MINUTE_MS,
        cost: ({ tokens }: Item) => tokens,
      }),
      circuitBreaker({ failureRate: 0.5, minimumCalls: 10, openMs: 10_000, whenOpen: "wait" }),
    );
    await StreamingPipeline.start<Item>()
      .map("answer", call, {
        concurrencyLimit: adaptive({ min: 8, max: maxCalls }),
        ordered: false,
        retry: RETRY,
        policy: provider,
        errorStrategy: "SKIP_FAILED",
      })
      .executeForEach(items, () => {});
  },
};
