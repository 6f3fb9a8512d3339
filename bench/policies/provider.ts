// A provider that is slow, limited and down for a while, and counts what its callers make it do.

import { createChance } from "./virtual_time.ts";

/** One piece of work. */
export interface Item {
  readonly id: number;
  readonly tokens: number;
}

/** What the provider allows, and how it behaves. */
export const PROVIDER = {
  requestsPerMinute: 500,
  tokensPerMinute: 1_000_000,
  /** The share of calls that fail with HTTP 500 when their work is done, and paid. */
  failureRate: 0.02,
  /** Nothing is answered but 503, at once. */
  outage: { fromMs: 300_000, forMs: 85_000 },
  /** A call takes so long, and so much for each token, while few run. */
  baseMs: 600,
  msPerToken: 0.5,
  /** With more calls at a time than that, each takes longer, in proportion to the square. */
  comfortableCalls: 20,
  refusalMs: 50,
} as const;

/** How long a caller waits for an answer, whatever library it uses: as the option of an HTTP client. */
export const CLIENT_TIMEOUT_MS = 20_000;

const MINUTE_MS = 60_000;

/** An error as clients of HTTP throw it. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Headers;

  constructor(status: number, headers: Record<string, string> = {}) {
    super(`HTTP ${status}`);
    this.status = status;
    this.headers = new Headers(headers);
  }
}

/** The result of a simulation. */
export interface Figures {
  /** Items that have their answer. */
  readonly done: number;
  /** Calls that were over a limit: HTTP 429. */
  readonly refusedCalls: number;
  /** Calls while the provider was down: HTTP 503. */
  readonly unavailableCalls: number;
  /** Calls whose caller has not waited for the answer. */
  readonly timedOutCalls: number;
  /** What was paid beyond one answer for each item, as a share of that. */
  readonly paidTwice: number;
  /** The longest time in which no item was done. */
  readonly longestStallMs: number;
  readonly durationMs: number;
}

/** Items whose sizes are spread as those of texts are: many small ones, few large ones. */
export function createItems(count: number, seed = 7): Item[] {
  const chance = createChance(seed);
  return Array.from({ length: count }, (_, id) => ({
    id,
    tokens: Math.round(300 * Math.exp(2.8 * chance())),
  }));
}

/** One provider, in simulated time. */
export class Provider {
  readonly #now: () => number;
  readonly #chance: () => number = createChance(42);
  /** How often each item was let in. */
  readonly #attempts = new Map<number, number>();
  /** When calls were let in during the last minute, and their tokens. */
  #log: { readonly atMs: number; readonly tokens: number }[] = [];
  #running = 0;
  #refused = 0;
  #unavailable = 0;
  #timedOut = 0;
  #paid = 0;
  readonly #done = new Map<number, number>();
  #lastDoneMs = 0;
  #longestStallMs = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get figures(): Figures {
    const needed = [...this.#done.values()].reduce((sum, tokens) => sum + tokens, 0);
    return {
      done: this.#done.size,
      refusedCalls: this.#refused,
      unavailableCalls: this.#unavailable,
      timedOutCalls: this.#timedOut,
      paidTwice: (this.#paid - needed) / needed,
      longestStallMs: this.#longestStallMs,
      durationMs: this.#now(),
    };
  }

  /** A call, as an HTTP client makes it: it fails when there is no answer in time. */
  readonly call = ({ id, tokens }: Item): Promise<number> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#timedOut++;
        reject(new DOMException("No answer in time", "TimeoutError"));
      }, CLIENT_TIMEOUT_MS);
      this.#serve({ id, tokens }).then(resolve, reject).finally(() => clearTimeout(timer));
    });

  /** A call that has begun is completed and paid, whether its client still waits or not. */
  async #serve({ id, tokens }: Item): Promise<number> {
    const { outage, refusalMs } = PROVIDER;
    const downMs = this.#now() - outage.fromMs;
    if (downMs >= 0 && downMs < outage.forMs) {
      this.#unavailable++;
      await delay(refusalMs);
      throw new HttpError(503);
    }
    const waitMs = this.#waitFor(tokens);
    if (waitMs > 0) {
      this.#refused++;
      await delay(refusalMs);
      throw new HttpError(429, { "retry-after": String(Math.ceil(waitMs / 1_000)) });
    }
    this.#log.push({ atMs: this.#now(), tokens });
    this.#paid += tokens;
    this.#running++;
    await delay(this.#latencyOf(tokens));
    this.#running--;
    if (this.#failsAtLast(id)) throw new HttpError(500);
    this.#note(id, tokens);
    return id;
  }

  /** The same attempts at the same items fail for every client, so that chance favours none. */
  #failsAtLast(id: number): boolean {
    const attempt = (this.#attempts.get(id) ?? 0) + 1;
    this.#attempts.set(id, attempt);
    return createChance(id * 1_000 + attempt)() < PROVIDER.failureRate;
  }

  /** How long until a call with so many tokens is let in: a sliding window of a minute. */
  #waitFor(tokens: number): number {
    const { requestsPerMinute, tokensPerMinute } = PROVIDER;
    const nowMs = this.#now();
    this.#log = this.#log.filter(({ atMs }) => atMs + MINUTE_MS > nowMs);
    let calls = this.#log.length;
    let used = this.#log.reduce((sum, each) => sum + each.tokens, 0);
    let waitMs = 0;
    for (const each of this.#log) {
      if (calls < requestsPerMinute && used + tokens <= tokensPerMinute) break;
      calls--;
      used -= each.tokens;
      waitMs = each.atMs + MINUTE_MS - nowMs;
    }
    return waitMs;
  }

  #latencyOf(tokens: number): number {
    const { baseMs, msPerToken, comfortableCalls } = PROVIDER;
    const load = Math.max(this.#running / comfortableCalls, 1) ** 2;
    return (baseMs + msPerToken * tokens) * load * (0.9 + 0.2 * this.#chance());
  }

  #note(id: number, tokens: number): void {
    if (this.#done.has(id)) return;
    this.#done.set(id, tokens);
    this.#longestStallMs = Math.max(this.#longestStallMs, this.#now() - this.#lastDoneMs);
    this.#lastDoneMs = this.#now();
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
