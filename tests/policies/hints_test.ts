// What a service says about when it may be called again.

import { assertEquals, assertRejects } from "@std/assert";
import { circuitBreaker, rateLimit } from "../../src/policies/mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { httpError, Service } from "./_service.ts";

const HINTS: Readonly<Record<string, readonly [status: number, headers: Record<string, string>]>> =
  {
    "Retry-After": [429, { "retry-after": "3" }],
    "retry-after-ms": [503, { "retry-after-ms": "3000", "retry-after": "9" }],
    "Retry-After of another failure": [500, { "retry-after": "3" }],
    "x-ratelimit-reset in seconds": [429, { "x-ratelimit-reset": "3" }],
    "x-ratelimit-reset in seconds since 1970": [429, { "x-ratelimit-reset": "1800000003" }],
    "x-ratelimit-reset in milliseconds since 1970": [429, { "x-ratelimit-reset": "1800000003000" }],
    "x-ratelimit-reset as a date": [429, { "x-ratelimit-reset": "2027-01-15T08:00:03Z" }],
    "x-ratelimit-reset, which was sent twice": [429, {
      "x-ratelimit-remaining": "0, 0",
      "x-ratelimit-reset": "3s, 3s",
      "x-ratelimit-reset-tokens": "9",
    }],
    "the longest x-ratelimit-reset": [
      429,
      { "x-ratelimit-reset-requests": "120ms", "x-ratelimit-reset-tokens": "3s" },
    ],
    "the reset of the limit that is used up": [429, {
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "3.0s",
      "x-ratelimit-remaining-tokens": "9000",
      "x-ratelimit-reset-tokens": "6m0s",
    }],
    "the reset of a limit that is used up, in another failure": [400, {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": "3",
    }],
  };
const NO_HINTS: typeof HINTS = {
  "nothing": [429, {}],
  "a reset of a limit that is not used up": [500, { "x-ratelimit-reset": "3" }],
  "a reset that cannot be read": [429, { "x-ratelimit-reset": "soon" }],
};

for (const [name, [status, headers]] of Object.entries({ ...HINTS, ...NO_HINTS })) {
  const pauseMs = name in HINTS ? 3_000 : 0;

  test(`rateLimit() pauses all who share it for ${pauseMs} ms where a failure says ${name}`, async () => {
    await new TestClock().use(async (clock) => {
      const wallTime = () => 1_800_000_000_000 + clock.now();
      Object.assign(clock, { wallTime });
      const service = new Service(clock);
      const limit = rateLimit({ limit: 10, intervalMs: 10 });
      const fail = () => Promise.reject(httpError(status, headers));
      await assertRejects(() => limit.run(fail));
      const [part] = limit.metrics.parts;

      const other = limit.run(() => service.answer("other"));
      await clock.advance(10_000);

      assertEquals([service.times, clock.timerCount], [[pauseMs], 0]);
      assertEquals(part?.kind === "rateLimit" && part.pausedMs, pauseMs);
      await other;
    });
  });
}

test("rateLimit() reads the hints of a response that was not thrown", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 10, intervalMs: 10 });
    const headers = { "retry-after": "2" };
    await limit.run(() => new Response("fine", { status: 200, headers: { "retry-after": "9" } }));
    await limit.run(() => new Response("busy", { status: 429, headers }));
    limit.run(() => service.answer("next"));
    await clock.advance(10_000);

    assertEquals(service.times, [2_000]);
  });
});

test("rateLimit() pauses for an hour at most", async () => {
  await new TestClock().use(async (clock) => {
    const service = new Service(clock);
    const limit = rateLimit({ limit: 10, intervalMs: 10 });
    const fail = () =>
      Promise.reject(httpError(429, { "retry-after": "1e9", "retry-after-ms": "1e12" }));
    await assertRejects(() => limit.run(fail));
    const headers = { "retry-after": "99999999" };
    await assertRejects(() => limit.run(() => Promise.reject(httpError(429, headers))));
    limit.run(() => service.answer("next"));
    await clock.advance(1e9);

    assertEquals(service.times, [3_600_000]);
  });
});

test("circuitBreaker() stays open for an hour at most, whatever the service has asked for", async () => {
  await new TestClock().use(async (clock) => {
    for (const retryAfterMs of [1e9, Infinity]) {
      const service = new Service(clock);
      const breaker = circuitBreaker({
        failureRate: 1,
        minimumCalls: 1,
        openMs: 10,
        whenOpen: "wait",
      });
      const error = Object.assign(httpError(503), { retryAfterMs });
      await assertRejects(() => breaker.run(() => Promise.reject(error)));
      const beginMs = clock.now();
      breaker.run(() => service.answer("next"));
      await clock.advance(3_600_000);

      assertEquals(service.times, [beginMs + 3_600_000]);
    }
  });
});
