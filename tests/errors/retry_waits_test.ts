// How long the waits between attempts are, and what is tried again at all.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  type RetryOptions,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { coded } from "../batch/_helpers.ts";
import { LONG_MS, RETRY_ROWS, tryOut } from "./_retry_rows.ts";
import { Attempts, busy } from "./_work.ts";

const OWN: RetryOptions = { maxAttempts: 3, backoffMs: 10, jitter: 0 };
const start = StreamingPipeline.start<number>();

/** The waits of an item that fails for ever. */
function waitsOf(retry: RetryOptions, cause: () => unknown = busy): Promise<number[]> {
  return new TestClock().use(async (clock) => {
    const attempts = new Attempts(clock, undefined, cause);
    const result = watch(start.map("stage", attempts.work, { retry }).executeToArray([1]));
    await clock.advance(LONG_MS);
    assertEquals([result.state, clock.timerCount], ["rejected", 0]);
    return attempts.waits;
  });
}

/** Runs `body` with chance always at `fraction`. */
async function withChance<T>(fraction: number, body: () => Promise<T>): Promise<T> {
  const { random } = Math;
  Math.random = () => fraction;
  try {
    return await body();
  } finally {
    Math.random = random;
  }
}

const ALMOST_1 = 1 - 1e-9;

function assertAlmostAll(actual: readonly number[], expected: readonly number[]): void {
  assertEquals(actual.length, expected.length);
  for (const [index, wait] of actual.entries()) assertAlmostEquals(wait, expected[index]!, 0.001);
}

/** What fails once, and whether another attempt is made. */
const CAUSES: readonly (readonly [string, unknown, boolean])[] = [
  ["code ETIMEDOUT", coded("ETIMEDOUT", { message: "no such word in here" }), true],
  ["code ECONNRESET", coded("ECONNRESET"), true],
  ["code EAI_AGAIN", coded("EAI_AGAIN"), true],
  ["code RATE_LIMIT", coded("RATE_LIMIT"), true],
  ["status 408", Object.assign(new Error("x"), { status: 408 }), true],
  ["status 425", Object.assign(new Error("x"), { status: 425 }), true],
  ["status 429", Object.assign(new Error("x"), { status: 429 }), true],
  ["status 500", Object.assign(new Error("x"), { status: 500 }), true],
  ["status 503", Object.assign(new Error("x"), { status: 503 }), true],
  ["status 429 of a plain object", { status: 429 }, true],
  ["a time-out", new DOMException("x", "TimeoutError"), true],
  ["a fetch that failed", new TypeError("fetch failed"), true],
  ["status 404", Object.assign(new Error("timeout, try again"), { status: 404 }), false],
  ["a text about time-outs", new Error("ETIMEDOUT: timeout 503 rate limit"), false],
  ["a code of one's own", coded("NO_QUOTA", { message: "rate limit 429" }), false],
  ["a mistake in the code", new TypeError("x is not a function"), false],
  ["a string", "ETIMEDOUT", false],
];

for (const row of RETRY_ROWS) {
  const { name } = row;

  test(`[defect] retry: ${name} waits twice as long each time, not a little longer`, async () => {
    const retry = { maxAttempts: 6, backoffMs: 100, jitter: 0 };
    const { attempts } = await tryOut(row, { retry });

    assertEquals(attempts.waits, [100, 200, 400, 800, 1_600]);
  });

  test(`retry: the waits of ${name} are spread by a fifth to both sides, up to the longest`, async () => {
    const retry = { maxAttempts: 4, backoffMs: 1_000, maxBackoffMs: 4_000 };
    const waitsAt = async (fraction: number) =>
      (await withChance(fraction, () => tryOut(row, { retry }))).attempts.waits;

    assertAlmostAll(await waitsAt(0), [800, 1_600, 3_200]);
    assertAlmostAll(await waitsAt(ALMOST_1), [1_200, 2_400, 4_000]);
  });

  test(`retry: ${name} waits as long as Retry-After asks`, async () => {
    const headers = new Headers({ "Retry-After": "7" });
    const { attempts, result } = await tryOut(row, { retry: OWN }, {
      times: () => 1,
      cause: () => busy({ response: { headers } }),
    });

    assertEquals([result.value, attempts.waits], [{ data: [10] }, [7_000]]);
  });

  test(`retry: a number for ${name} is a number of attempts, from 250 ms on`, async () => {
    const { attempts, result } = await withChance(0.5, () => tryOut(row, { retry: 4 }));

    assertAlmostAll(attempts.waits, [250, 500, 1_000]);
    assertEquals(result.value!.failure!.attempts ?? 4, 4);
  });

  test(`[defect] retry: ${name} is tried again for what another attempt may help, and for no more`, async () => {
    for (const [what, cause, isTriedAgain] of CAUSES) {
      const retry = { maxAttempts: 2, backoffMs: 10 };
      const { attempts } = await tryOut(row, { retry }, { cause: () => cause });

      assertEquals(attempts.waits.length, isTriedAgain ? 1 : 0, what);
    }
  });
}

test("[defect] each wait is backoffFactor times the one before", async () => {
  const retry = { maxAttempts: 5, backoffMs: 10, jitter: 0 };

  assertEquals(await waitsOf(retry), [10, 20, 40, 80]);
  assertEquals(await waitsOf({ ...retry, backoffFactor: 3 }), [10, 30, 90, 270]);
  assertEquals(await waitsOf({ ...retry, backoffFactor: 1 }), [10, 10, 10, 10]);
  assertEquals(await waitsOf({ ...retry, backoffMs: 0 }), [0, 0, 0, 0]);
});

test("maxAttempts counts the first attempt", async () => {
  assertEquals(await waitsOf({ maxAttempts: 1, backoffMs: 10, jitter: 0 }), []);
  assertEquals(await waitsOf({ maxAttempts: 2, backoffMs: 10, jitter: 0 }), [10]);
});

test("no wait is longer than maxBackoffMs, which is 30 seconds by default", async () => {
  const retry = { maxAttempts: 6, backoffMs: 8_000, jitter: 0 };

  assertEquals(await waitsOf(retry), [8_000, 16_000, 30_000, 30_000, 30_000]);
  assertEquals(await waitsOf({ ...retry, maxBackoffMs: 10_000 }), [
    8_000,
    10_000,
    10_000,
    10_000,
    10_000,
  ]);
});

test("jitter spreads each wait to both sides by its share, by 0.2 unless it is given", async () => {
  const retry = { maxAttempts: 4, backoffMs: 100 };
  const wide = { ...retry, jitter: 0.5 };

  assertAlmostAll(await withChance(0, () => waitsOf(retry)), [80, 160, 320]);
  assertAlmostAll(await withChance(0.5, () => waitsOf(retry)), [100, 200, 400]);
  assertAlmostAll(await withChance(ALMOST_1, () => waitsOf(retry)), [120, 240, 480]);
  assertAlmostAll(await withChance(0, () => waitsOf(wide)), [50, 100, 200]);
  assertAlmostAll(await withChance(ALMOST_1, () => waitsOf(wide)), [150, 300, 600]);
});

test("jitter makes no wait longer than maxBackoffMs", async () => {
  const retry = { maxAttempts: 4, backoffMs: 100, maxBackoffMs: 150, jitter: 1 };
  const waits = await withChance(ALMOST_1, () => waitsOf(retry));

  assertAlmostAll(waits, [150, 150, 150]);
});

test("each wait has a chance of its own", async () => {
  const waits = await waitsOf({ maxAttempts: 9, backoffMs: 100, backoffFactor: 1, jitter: 1 });

  assertEquals(new Set(waits).size, 8);
});

const ASKED: Readonly<Record<string, [more: object, waitMs: number]>> = {
  "in seconds, in the headers of its response": [
    { response: new Response(null, { headers: { "Retry-After": "7" } }) },
    7_000,
  ],
  "in seconds, in its own headers": [{ headers: new Headers({ "Retry-After": "7" }) }, 7_000],
  "in headers that are a plain object": [{ headers: { "retry-after": "7" } }, 7_000],
  "as a date": [{ headers: { "retry-after": "Thu, 01 Jan 1970 00:00:09 GMT" } }, 9_000],
  "in retryAfterMs": [{ retryAfterMs: 1_234 }, 1_234],
  "for longer than maxBackoffMs": [{ retryAfterMs: 86_400_000 }, 30_000],
  "for no longer than the backoff": [{ retryAfterMs: 20 }, 100],
  "for no time at all": [{ headers: { "retry-after": "0" } }, 100],
  "for a date in the past": [
    { headers: { "retry-after": "Wed, 31 Dec 1969 23:59:00 GMT" } },
    100,
  ],
  "in words that mean nothing": [{ headers: { "retry-after": "soon" } }, 100],
};

for (const [how, [more, waitMs]] of Object.entries(ASKED)) {
  test(`an error that asks to wait ${how} is tried again after ${waitMs} ms`, async () => {
    const retry = { maxAttempts: 2, backoffMs: 100, jitter: 0 };

    assertEquals(await waitsOf(retry, () => busy(more)), [waitMs]);
  });
}

test("Retry-After of one attempt does not change the waits after it", async () => {
  let attempt = 0;
  const cause = () => busy(++attempt === 1 ? { retryAfterMs: 5_000 } : {});

  assertEquals(
    await waitsOf({ maxAttempts: 4, backoffMs: 100, jitter: 0 }, cause),
    [5_000, 200, 400],
  );
});

const OF_STAGE: RetryOptions = { maxAttempts: 2, backoffMs: 500, jitter: 0 };

for (
  const [which, stageRetry, waits] of [
    ["its own", undefined, [10, 20]],
    ["its stage's before its own", OF_STAGE, [500]],
  ] as const
) {
  test(`a step is tried again as ${which} retry says`, async () => {
    await new TestClock().use(async (clock) => {
      const options = stageRetry === undefined ? {} : { retry: stageRetry };
      const work = (attempts: Attempts) => ({ input }: { input: number }) => attempts.work(input);
      const all = [0, 1, 2].map(() => new Attempts(clock));
      const step = createStep("step", work(all[0]!), { retry: OWN });
      const added = createStep("step", work(all[1]!), { retry: OWN });
      const streaming = createStreamingStep<number, number>("step", async function* ({ input }) {
        for await (const item of input) yield all[2]!.work(item);
      }, { retry: OWN });
      for (
        const pipeline of [
          start.map("stage", step, options),
          start.add("stage", added, options),
          start.add("stage", streaming, options),
        ]
      ) watch(pipeline.executeToArray([1]));
      await clock.advance(LONG_MS);

      assertEquals(all.map((attempts) => attempts.waits), [[...waits], [...waits], [...waits]]);
    });
  });
}

test("decorrelated jitter: each wait is between backoffMs and three times the one before", async () => {
  const retry = {
    maxAttempts: 6,
    backoffMs: 100,
    jitter: "decorrelated",
    maxBackoffMs: 1_000,
  } as const;

  assertAlmostAll(await withChance(0, () => waitsOf(retry)), [100, 100, 100, 100, 100]);
  assertAlmostAll(await withChance(0.5, () => waitsOf(retry)), [200, 350, 550, 550, 550]);
  assertAlmostAll(await withChance(ALMOST_1, () => waitsOf(retry)), [
    300,
    900,
    1_000,
    1_000,
    1_000,
  ]);
});
