// How long the batch pipeline waits between attempts, and what it tries again at all.

import { assert, assertEquals } from "@std/assert";
import { Pipeline, type RetryOptions } from "../../mod.ts";
import { Attempts, busy } from "../errors/_work.ts";
import { test } from "../harness.ts";
import { type FakeClock, withFakeClock } from "../support/fake_clock.ts";
import { watch } from "../support/turns.ts";
import { coded, ITEM_WORKS, itemStep, type ItemWork } from "./_helpers.ts";

type Retry = number | RetryOptions;

const LONG_MS = 1e9;

/** Each stage that tries again by itself, run on one item. */
const STAGES: readonly {
  readonly name: string;
  readonly run: (work: ItemWork, retry: Retry) => Promise<unknown>;
}[] = [
  ...ITEM_WORKS.map(({ name, build }) => ({
    name,
    run: (work: ItemWork, retry: Retry) => build(work, { retry }).execute([5]),
  })),
  {
    name: "a step of add()",
    run: (work, retry) => Pipeline.start<number>().add("stage", itemStep(work, retry)).execute(5),
  },
  {
    name: "a step of branch()",
    run: (work, retry) => {
      const step = itemStep(work, retry);
      return Pipeline.start<number>().branch("stage", () => true, step, step).execute(5);
    },
  },
];

async function waitsOf(
  clock: FakeClock,
  run: (work: ItemWork, retry: Retry) => Promise<unknown>,
  retry: Retry,
  cause?: (attempt: number) => unknown,
): Promise<readonly number[]> {
  const attempts = new Attempts(clock, undefined, cause);
  const done = watch(run(attempts.work, retry));
  await clock.advance(LONG_MS);
  assertEquals([done.state, clock.waiting], ["resolved", 0]);
  return attempts.waits;
}

for (const { name, run } of STAGES) {
  test(`[defect] retry: ${name} waits twice as long each time, not a little longer`, async () => {
    await withFakeClock(async (clock) => {
      const retry = { maxAttempts: 6, backoffMs: 100, jitter: 0 };

      assertEquals(await waitsOf(clock, run, retry), [100, 200, 400, 800, 1_600]);
    });
  });

  test(`retry: the waits of ${name} are spread by a fifth to both sides, up to the longest`, async () => {
    await withFakeClock(async (clock) => {
      const waits: number[][] = [[], [], []];
      for (let runs = 0; runs < 20; runs++) {
        const made = await waitsOf(clock, run, {
          maxAttempts: 4,
          backoffMs: 1_000,
          maxBackoffMs: 4_000,
        });
        for (const [index, wait] of made.entries()) waits[index]!.push(wait);
      }
      for (
        const [index, [least, most]] of [[800, 1_200], [1_600, 2_400], [3_200, 4_000]].entries()
      ) {
        const made = waits[index]!;
        assert(made.every((wait) => wait > least! - 1 && wait < most! + 1), `waits: ${made}`);
        assert(new Set(made).size > 1, "all waits are the same");
      }
    });
  });

  test(`retry: ${name} waits as long as Retry-After asks`, async () => {
    await withFakeClock(async (clock) => {
      const headers = new Headers({ "Retry-After": "7" });
      const retry = { maxAttempts: 2, backoffMs: 100, jitter: 0 };
      const waits = await waitsOf(clock, run, retry, () => busy({ response: { headers } }));

      assertEquals(waits, [7_000]);
    });
  });

  test(`retry: ${name} is tried again for the codes in retryableErrors alone`, async () => {
    await withFakeClock(async (clock) => {
      const retry = { maxAttempts: 5, backoffMs: 1, jitter: 0, retryableErrors: ["MINE"] };
      const codes = ["MINE", "MINE", "ETIMEDOUT", "MINE"];
      const waits = await waitsOf(clock, run, retry, (attempt) => coded(codes[attempt - 1]!));

      assertEquals(waits.length, 2);
    });
  });

  test(`retry: shouldRetry decides for ${name}, in place of all other rules`, async () => {
    await withFakeClock(async (clock) => {
      const asked: unknown[] = [];
      const causes = [new Error("one"), new Error("two"), new Error("three")];
      const waits = await waitsOf(clock, run, {
        maxAttempts: 9,
        backoffMs: 1,
        shouldRetry(error, attempt) {
          asked.push([error, attempt]);
          return attempt < 3;
        },
      }, (attempt) => causes[attempt - 1]);

      assertEquals(waits.length, 2);
      assertEquals(asked, causes.map((cause, index) => [cause, index + 1]));
    });
  });
}

for (const { name, run } of STAGES) {
  test(`retry: a number for ${name} is a number of attempts, 250 ms and more apart`, async () => {
    await withFakeClock(async (clock) => {
      const waits = await waitsOf(clock, run, 3);

      assertEquals(waits.map((waitMs) => Math.round(Math.log2(waitMs / 250))), [0, 1]);
    });
  });

  test(`retry: a promise of shouldRetry is waited for by ${name}`, async () => {
    await withFakeClock(async (clock) => {
      const shouldRetry = async (_error: unknown, attempt: number) => {
        await new Promise<void>((resolve) => clock.schedule(resolve, 7));
        return attempt < 3;
      };
      const retry = { maxAttempts: 9, backoffMs: 100, backoffFactor: 1, jitter: 0, shouldRetry };

      assertEquals(await waitsOf(clock, run, retry), [107, 107]);
    });
  });

  test(`retry: no attempt of ${name} begins when the time for all is over`, async () => {
    await withFakeClock(async (clock) => {
      const retry = { maxAttempts: 99, backoffMs: 100, backoffFactor: 1, jitter: 0, totalMs: 250 };

      assertEquals(await waitsOf(clock, run, retry), [100, 100]);
    });
  });
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

for (const [what, cause, isTriedAgain] of CAUSES) {
  test(`[defect] retry: ${what} is ${isTriedAgain ? "" : "not "}tried again`, async () => {
    await withFakeClock(async (clock) => {
      for (const { run } of STAGES) {
        const waits = await waitsOf(clock, run, { maxAttempts: 2, backoffMs: 10 }, () => cause);

        assertEquals(waits.length, isTriedAgain ? 1 : 0);
      }
    });
  });
}
