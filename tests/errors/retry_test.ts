// What is tried again, how often, and what comes out then: for every way to write a stage, of a stream,
// of a list and of one value, and for what crosses the bridge.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type RetryOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { itemsOf, LONG_MS, RETRY_ROWS, tryOut } from "./_retry_rows.ts";
import { Attempts, busy, WORKS } from "./_work.ts";

const THRICE: RetryOptions = { maxAttempts: 3, backoffMs: 100, jitter: 0 };

for (const row of RETRY_ROWS) {
  const { name, stepName, run } = row;

  test(`[defect] retry: ${name} is tried again for the item that failed, and its neighbours are not`, async () => {
    const { attempts, result } = await tryOut(row, { retry: THRICE }, {
      times: (item) => item === 2 ? 2 : 0,
    }, itemsOf(row));

    assertEquals([...result.value?.data ?? []].sort(), itemsOf(row).map((item) => item * 2));
    assertEquals(attempts.items.filter((item) => item === 2), [2, 2, 2]);
    assertEquals(attempts.items.filter((item) => item !== 2).sort(), row.isSingle ? [] : [1, 3]);
  });

  test(`retry: ${name} that fails to the last attempt gives the last error, and how often it was tried`, async () => {
    const causes = [busy(), busy(), busy({ code: "ETIMEDOUT" })];
    const { attempts, result } = await tryOut(row, { retry: THRICE }, {
      cause: (attempt) => causes[attempt - 1],
    });

    const failure = result.value!.failure!;
    assertEquals([attempts.times.length, failure.code, failure.retryable], [3, "ETIMEDOUT", true]);
    assertStrictEquals(failure.cause, causes[2]);
    if (stepName !== undefined) assertEquals(failure.stepName, stepName);
    if (failure.attempts === undefined) return;
    assertEquals([failure.attempts, failure.itemIndex, failure.item], [3, 0, 5]);
  });

  test(`retry: ${name} without it is tried once`, async () => {
    const { attempts, result } = await tryOut(row, {});
    const { code, attempts: count = 1 } = result.value!.failure!;

    assertEquals([attempts.times.length, code, count], [1, "RATE_LIMIT", 1]);
  });

  test(`retry: shouldRetry of ${name} gets what was thrown and the attempt's number`, async () => {
    const causes = [new Error("one"), new Error("two"), new Error("three")];
    const asked: [unknown, number][] = [];
    const shouldRetry = (error: unknown, attempt: number) => {
      asked.push([error, attempt]);
      return attempt < 3;
    };
    const { attempts, result } = await tryOut(
      row,
      { retry: { ...THRICE, maxAttempts: 9, shouldRetry } },
      { cause: (attempt) => causes[attempt - 1] },
    );

    assertEquals(asked.map(([, attempt]) => attempt), [1, 2, 3]);
    assert(asked.every(([error], index) => error === causes[index]));
    assertEquals(attempts.times.length, 3);
    const { cause, attempts: count = 3 } = result.value!.failure!;
    assertStrictEquals(cause, causes[2]);
    assertEquals(count, 3);
  });

  test(`retry: ${name} is tried again for the codes in retryableErrors alone`, async () => {
    const codes = ["MINE", "MINE", "ETIMEDOUT", "MINE"];
    const { attempts, result } = await tryOut(
      row,
      { retry: { ...THRICE, maxAttempts: 5, retryableErrors: ["MINE"] } },
      { cause: (attempt) => busy({ code: codes[attempt - 1] }) },
    );

    const { code, attempts: count = 3 } = result.value!.failure!;
    assertEquals([attempts.times.length, code, count], [3, "ETIMEDOUT", 3]);
  });

  test(`retry: ${name} is not tried again for what another attempt cannot help`, async () => {
    const { attempts, result } = await tryOut(row, { retry: THRICE }, {
      cause: () => new Error("ETIMEDOUT, says a text"),
    });
    const { retryable, attempts: count = 1 } = result.value!.failure!;

    assertEquals([attempts.times.length, count, retryable], [1, 1, false]);
  });

  test(`[defect] [L7] retry: ${name} may answer with null, undefined or 0 at the second attempt`, async () => {
    for (const answer of [null, undefined, 0]) {
      const { result } = await tryOut(row, { retry: THRICE }, {
        times: (item) => item === 2 ? 1 : 0,
        answer: () => answer,
      }, itemsOf(row));

      assertEquals(result.value, { data: itemsOf(row).map(() => answer) });
    }
  });

  test(`[L13] retry: an abort while ${name} waits ends it at once`, async () => {
    await new TestClock().use(async (clock) => {
      const attempts = new Attempts(clock);
      const controller = new AbortController();
      const retry = { ...THRICE, backoffMs: 60_000, maxBackoffMs: 60_000 };
      const result = watch(run(attempts.work, { retry }, [5], controller.signal));
      await clock.advance(1_000);
      assertEquals([result.state, attempts.times.length], ["pending", 1]);

      controller.abort(new Error("enough"));
      await clock.advance(0);

      assertEquals(result.state === "pending", false);
      assertEquals([attempts.times.length, clock.timerCount, clock.now()], [1, 0, 1_000]);
    });
  });

  if (!row.takesStrategy) continue;

  test(`SKIP_FAILED with retry: ${name} is left out after its last attempt, and the rest comes out`, async () => {
    const { attempts, result } = await tryOut(
      row,
      { retry: THRICE, errorStrategy: "SKIP_FAILED" },
      { times: (item) => item === 2 ? 9 : 0 },
      [1, 2, 3],
    );

    assertEquals(result.value, { data: [2, 6] });
    assertEquals(attempts.items.filter((item) => item === 2).length, 3);
  });
}

for (const { name, build } of WORKS) {
  test(`[L13] retry: an abort while ${name} waits ends its run with the reason`, async () => {
    await new TestClock().use(async (clock) => {
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
      assertEquals([attempts.times.length, clock.timerCount, clock.now()], [1, 0, 1_000]);
    });
  });

  test(`[L4] retry: a reader that stops while ${name} waits does not wait for it`, async () => {
    await new TestClock().use(async (clock) => {
      const attempts = new Attempts(clock);
      const items = build(attempts.work, {
        retry: { ...THRICE, backoffMs: 60_000, maxBackoffMs: 60_000 },
      })
        .execute([5]);
      watch(items.next());
      await clock.advance(1_000);
      const closed = watch(items.return());
      await clock.advance(0);

      assertEquals([closed.state, attempts.times.length, clock.timerCount], ["resolved", 1, 0]);
    });
  });

  test(`[L13] retry: ${name} that aborts its run from shouldRetry does not wait`, async () => {
    await new TestClock().use(async (clock) => {
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

      assertEquals([result.state, result.error, clock.timerCount], ["rejected", "stop", 0]);
    });
  });

  test(`retry: a shouldRetry that throws does not hide why ${name} failed`, async () => {
    await new TestClock().use(async (clock) => {
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
      assertEquals([result.error.key, attempts.times.length, clock.timerCount], ["stage", 1, 0]);
    });
  });
}

test("retry: results of work side by side stay in order while one is tried again", async () => {
  await new TestClock().use(async (clock) => {
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
  await new TestClock().use(async (clock) => {
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
