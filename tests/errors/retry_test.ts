// What is tried again, how often, and what comes out then, for every way to write a stage.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type RetryOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { withFakeClock } from "../support/fake_clock.ts";
import { watch } from "../support/turns.ts";
import { Attempts, busy, WORKS } from "./_work.ts";

const THRICE: RetryOptions = { maxAttempts: 3, backoffMs: 100, jitter: 0 };
const LONG_MS = 1e9;

for (const { name, build } of WORKS) {
  test(`[defect] retry: ${name} is tried again for the item that failed, and its neighbours are not`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock, (item) => item === 2 ? 2 : 0);
      const pipeline = build(attempts.work, { retry: THRICE });
      const result = watch(pipeline.executeToArray([1, 2, 3]));
      await clock.advance(LONG_MS);

      assertEquals([...result.value ?? []].sort(), [2, 4, 6]);
      assertEquals(attempts.items.sort(), [1, 2, 2, 2, 3]);
      assertEquals(clock.waiting, 0);
    });
  });

  test(`retry: ${name} that fails to the last attempt says how often it was tried`, async () => {
    await withFakeClock(async (clock) => {
      const causes = [busy(), busy(), busy()];
      const attempts = new Attempts(clock, undefined, (attempt) => causes[attempt - 1]);
      const pipeline = build(attempts.work, { retry: THRICE });
      const result = watch(pipeline.executeToArray([5]));
      await clock.advance(LONG_MS);

      assertInstanceOf(result.error, StreamingError);
      const { error } = result;
      assertEquals(
        [attempts.times.length, error.attempts, error.code, error.itemIndex, error.item],
        [3, 3, "RATE_LIMIT", 0, 5],
      );
      assertStrictEquals(error.cause, causes[2]);
    });
  });

  test(`retry: ${name} without it is tried once`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock);
      const { error } = await readOutcome(build(attempts.work, {}).execute([5]));

      assertInstanceOf(error, StreamingError);
      assertEquals([attempts.times.length, error.attempts], [1, 1]);
    });
  });

  test(`[defect] retry: ${name} waits twice as long each time, not a little longer`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock);
      const pipeline = build(attempts.work, {
        retry: { maxAttempts: 5, backoffMs: 100, jitter: 0 },
      });
      const result = watch(pipeline.executeToArray([5]));
      await clock.advance(LONG_MS);

      assertEquals(result.state, "rejected");
      assertEquals(attempts.waits, [100, 200, 400, 800]);
    });
  });

  test(`retry: ${name} waits as long as Retry-After asks`, async () => {
    await withFakeClock(async (clock) => {
      const headers = new Headers({ "Retry-After": "7" });
      const attempts = new Attempts(clock, () => 1, () => busy({ response: { headers } }));
      const result = watch(build(attempts.work, { retry: THRICE }).executeToArray([5]));
      await clock.advance(LONG_MS);

      assertEquals([result.value, attempts.waits], [[10], [7_000]]);
    });
  });

  test(`retry: shouldRetry of ${name} gets what was thrown and the attempt's number`, async () => {
    await withFakeClock(async (clock) => {
      const cause = busy();
      const asked: [unknown, number][] = [];
      const attempts = new Attempts(clock, undefined, () => cause);
      const shouldRetry = (error: unknown, attempt: number) => {
        asked.push([error, attempt]);
        return attempt < 2;
      };
      const pipeline = build(attempts.work, { retry: { ...THRICE, maxAttempts: 9, shouldRetry } });
      const result = watch(pipeline.executeToArray([5]));
      await clock.advance(LONG_MS);

      assertEquals(asked.map(([, attempt]) => attempt), [1, 2]);
      assert(asked.every(([error]) => error === cause));
      assertInstanceOf(result.error, StreamingError);
      assertEquals([attempts.times.length, result.error.attempts], [2, 2]);
    });
  });

  test(`retry: ${name} is tried again for the codes in retryableErrors alone`, async () => {
    await withFakeClock(async (clock) => {
      const codes = ["MINE", "ETIMEDOUT"];
      const attempts = new Attempts(
        clock,
        undefined,
        (attempt) => busy({ code: codes[attempt - 1] }),
      );
      const pipeline = build(attempts.work, { retry: { ...THRICE, retryableErrors: ["MINE"] } });
      const result = watch(pipeline.executeToArray([5]));
      await clock.advance(LONG_MS);

      assertInstanceOf(result.error, StreamingError);
      assertEquals([result.error.code, result.error.attempts], ["ETIMEDOUT", 2]);
      assertEquals(attempts.times.length, 2);
    });
  });

  test(`retry: ${name} is not tried again for what another attempt cannot help`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock, undefined, () => new Error("ETIMEDOUT, says a text"));
      const { error } = await readOutcome(build(attempts.work, { retry: THRICE }).execute([5]));

      assertInstanceOf(error, StreamingError);
      assertEquals([attempts.times.length, error.attempts, error.retryable], [1, 1, false]);
    });
  });

  test(`[defect] retry: ${name} may answer with null or undefined at the second attempt`, async () => {
    await withFakeClock(async (clock) => {
      const answers = new Map<number, unknown>([[0, null], [1, undefined], [2, 0]]);
      const attempts = new Attempts(clock, () => 1);
      const work = (item: number) => (attempts.work(item), answers.get(item));
      const result = watch(build(work, { retry: THRICE }).executeToArray([0, 1, 2]));
      await clock.advance(LONG_MS);

      assertEquals(result.value?.length, 3);
      for (const answer of answers.values()) assert(result.value!.includes(answer));
    });
  });

  test(`[L13] retry: an abort while ${name} waits ends it at once, with the reason`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock);
      const run = build(attempts.work, {
        retry: { ...THRICE, backoffMs: 60_000, maxBackoffMs: 60_000 },
      })
        .run([5]);
      const result = watch(run[Symbol.asyncIterator]().next());
      await clock.advance(1_000);
      assertEquals([result.state, attempts.times.length], ["pending", 1]);

      const reason = new Error("enough");
      run.abort(reason);
      await clock.advance(0);

      assertStrictEquals(result.error, reason);
      assertEquals([attempts.times.length, clock.waiting, clock.now()], [1, 0, 1_000]);
    });
  });

  test(`[L4] retry: a reader that stops while ${name} waits does not wait for it`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock);
      const items = build(attempts.work, {
        retry: { ...THRICE, backoffMs: 60_000, maxBackoffMs: 60_000 },
      })
        .execute([5]);
      watch(items.next());
      await clock.advance(1_000);
      const closed = watch(items.return());
      await clock.advance(0);

      assertEquals([closed.state, attempts.times.length, clock.waiting], ["resolved", 1, 0]);
    });
  });

  test(`[L13] retry: ${name} that aborts its run from shouldRetry does not wait`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock);
      const controller = new AbortController();
      const shouldRetry = () => {
        controller.abort("stop");
        return true;
      };
      const pipeline = build(attempts.work, {
        retry: { ...THRICE, backoffMs: 3_000, shouldRetry },
      });
      const result = watch(pipeline.executeToArray([5], { signal: controller.signal }));
      await clock.advance(0);

      assertEquals([result.state, result.error, clock.waiting], ["rejected", "stop", 0]);
    });
  });

  test(`retry: a shouldRetry that throws does not hide why ${name} failed`, async () => {
    await withFakeClock(async (clock) => {
      const cause = busy();
      const attempts = new Attempts(clock, undefined, () => cause);
      const shouldRetry = () => {
        throw new Error("in shouldRetry");
      };
      const pipeline = build(attempts.work, { retry: { ...THRICE, shouldRetry } });
      const result = watch(pipeline.executeToArray([5]));
      await clock.advance(0);

      assertInstanceOf(result.error, StreamingError);
      assertStrictEquals(result.error.cause, cause);
      assertEquals([result.error.key, attempts.times.length, clock.waiting], ["stage", 1, 0]);
    });
  });

  test(`SKIP_FAILED with retry: ${name} is left out after its last attempt, and the rest comes out`, async () => {
    await withFakeClock(async (clock) => {
      const attempts = new Attempts(clock, (item) => item === 2 ? 9 : 0);
      const pipeline = build(attempts.work, { retry: THRICE, errorStrategy: "SKIP_FAILED" });
      const result = watch(pipeline.executeToArray([1, 2, 3]));
      await clock.advance(LONG_MS);

      assertEquals(result.value, [2, 6]);
      assertEquals(attempts.items.filter((item) => item === 2).length, 3);
    });
  });
}

test("retry: results of work side by side stay in order while one is tried again", async () => {
  await withFakeClock(async (clock) => {
    const attempts = new Attempts(clock, (item) => item === 0 ? 2 : 0);
    const pipeline = StreamingPipeline.start<number>()
      .map("stage", async (item) => await attempts.work(item), {
        parallel: true,
        concurrencyLimit: 4,
        retry: THRICE,
      });
    const result = watch(pipeline.executeToArray([0, 1, 2, 3, 4, 5]));
    await clock.advance(LONG_MS);

    assertEquals(result.value, [0, 2, 4, 6, 8, 10]);
    assertEquals(attempts.items.filter((item) => item > 0), [1, 2, 3, 4, 5]);
  });
});

test("retry: results of work in any order do not wait for one that is tried again", async () => {
  await withFakeClock(async (clock) => {
    const attempts = new Attempts(clock, (item) => item === 0 ? 2 : 0);
    const pipeline = StreamingPipeline.start<number>()
      .map("stage", async (item) => await attempts.work(item), {
        parallel: true,
        ordered: false,
        retry: THRICE,
      });
    const result = watch(pipeline.executeToArray([0, 1, 2]));
    await clock.advance(LONG_MS);

    assertEquals(result.value, [2, 4, 0]);
  });
});
