// What becomes of a list when its items fail.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { ListErrorStrategy, Pipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { coded, dataOf, errorOf, failuresOf, ITEM_WORKS, MODES } from "./_helpers.ts";

const { COLLECT_ERRORS, FAIL_FAST, SKIP_FAILED } = ListErrorStrategy;

const threes = (item: number): number => {
  if (item % 3 === 0) throw coded(`E${item}`);
  return item * 10;
};

test("ListErrorStrategy reads as the enum it was", () => {
  assertEquals(ListErrorStrategy, {
    FAIL_FAST: "FAIL_FAST",
    COLLECT_ERRORS: "COLLECT_ERRORS",
    SKIP_FAILED: "SKIP_FAILED",
  });
});

for (const { name, build } of ITEM_WORKS) {
  test(`FAIL_FAST is the default, and gives the first failure as it is: ${name}`, async () => {
    for (const options of [{}, { errorStrategy: FAIL_FAST }]) {
      const result = await build(threes, options).execute([1, 2, 3, 4, 6]);

      const { code, message, retryable } = errorOf(result);
      assertEquals([code, message, retryable], ["E3", "failed with E3", false]);
    }
  });

  test(`COLLECT_ERRORS runs all and fails with every failure by index: ${name}`, async () => {
    const seen: number[] = [];
    const pipeline = build((item) => {
      seen.push(item);
      return threes(item);
    }, { errorStrategy: COLLECT_ERRORS });
    const result = await pipeline.execute([3, 1, 2, 6, 4, 9]);

    const { code, message, retryable } = errorOf(result);
    assertEquals(
      [code, message, retryable],
      ["LIST_PROCESSING_ERRORS", "3 of 6 items failed", false],
    );
    assertEquals(seen, [3, 1, 2, 6, 4, 9]);
    assertEquals(
      failuresOf(result).map(({ index, error }) => [index, error.code, error.message]),
      [[0, "E3", "failed with E3"], [3, "E6", "failed with E6"], [5, "E9", "failed with E9"]],
    );
  });

  test(`COLLECT_ERRORS without a failure is a success: ${name}`, async () => {
    const result = await build(threes, { errorStrategy: COLLECT_ERRORS }).execute([1, 2, 4]);

    assertEquals(dataOf(result), [10, 20, 40]);
  });

  test(`SKIP_FAILED gives the successes, in their order: ${name}`, async () => {
    const result = await build(threes, { errorStrategy: SKIP_FAILED }).execute([3, 1, 6, 2, 9, 4]);

    assertEquals(dataOf(result), [10, 20, 40]);
  });

  test(`SKIP_FAILED of a list that fails as a whole is an empty list: ${name}`, async () => {
    const result = await build(threes, { errorStrategy: SKIP_FAILED }).execute([3, 6]);

    assertEquals(dataOf(result), []);
  });
}

for (const { mode, options } of MODES) {
  test(`[defect] indices do not drift after a skip, ${mode}`, async () => {
    const indexes: number[] = [];
    const result = await Pipeline.start<number[]>()
      .map("stage", (item, index) => {
        indexes.push(index);
        return [threes(item), index];
      }, { ...options, errorStrategy: SKIP_FAILED })
      .execute([3, 1, 6, 2]);

    assertEquals(indexes, [0, 1, 2, 3]);
    assertEquals(dataOf(result), [[10, 1], [20, 3]]);
  });

  test(`[defect] a skip does not end the list, ${mode}`, async () => {
    const result = await Pipeline.start<number[]>()
      .map("stage", threes, { ...options, errorStrategy: SKIP_FAILED })
      .execute([3, ...Array(50).keys()]);

    assertEquals(dataOf(result).length, 33);
  });

  test(`[defect] the cause of each failure is what was thrown, ${mode}`, async () => {
    const causes = [coded("ONE"), Object.assign(new Error("two"), { status: 503 })];
    const result = await Pipeline.start<number[]>()
      .map("stage", (item) => {
        throw causes[item];
      }, { ...options, errorStrategy: COLLECT_ERRORS })
      .execute([0, 1]);

    const failures = failuresOf(result);
    assertEquals(failures.map(({ error }) => [error.code, error.retryable]), [
      ["ONE", false],
      ["HTTP_503", true],
    ]);
    for (const [index, { error }] of failures.entries()) {
      assertStrictEquals(error.cause, causes[index]);
    }
  });

  test(`a list can be retried where one of its failures can, ${mode}`, async () => {
    const run = (codes: readonly string[]) =>
      Pipeline.start<number[]>().map("stage", (item) => {
        throw coded(codes[item]!);
      }, { ...options, errorStrategy: COLLECT_ERRORS }).execute([0, 1]);

    assertEquals(errorOf(await run(["ETIMEDOUT", "NO_QUOTA"])).retryable, true);
    assertEquals(errorOf(await run(["NO_RULE", "NO_QUOTA"])).retryable, false);
  });

  test(`a filter that fails follows its strategy, ${mode}`, async () => {
    const run = (errorStrategy: ListErrorStrategy) =>
      Pipeline.start<number[]>()
        .filter("stage", (item) => threes(item) > 10, { ...options, errorStrategy })
        .execute([1, 2, 3, 4]);

    const { code, message, cause } = errorOf(await run(FAIL_FAST));
    assertEquals([code, message, (cause as { code: string }).code], [
      "LIST_STEP_ERROR",
      "failed with E3",
      "E3",
    ]);
    assertEquals(
      failuresOf(await run(COLLECT_ERRORS)).map(({ index, error }) => [index, error.code]),
      [[2, "LIST_STEP_ERROR"]],
    );
    assertEquals(dataOf(await run(SKIP_FAILED)), [2, 4]);
  });
}

test("every failure of a long list is reported", async () => {
  const result = await Pipeline.start<number[]>()
    .map("stage", (item) => {
      if (item % 2 === 0) throw coded("EVEN");
      return item;
    }, { errorStrategy: COLLECT_ERRORS })
    .execute(Array.from({ length: 5_000 }, (_, index) => index));

  assertEquals(errorOf(result).message, "2500 of 5000 items failed");
  assertEquals(failuresOf(result).map(({ index }) => index).slice(-2), [4_996, 4_998]);
});

test("failures are reported in the order of their items, not of time", async () => {
  const held: (() => void)[] = [];
  const done = Pipeline.start<number[]>()
    .map("stage", async (item) => {
      await new Promise<void>((resolve) => held.unshift(resolve));
      throw coded(`E${item}`);
    }, { parallel: true, concurrencyLimit: 3, errorStrategy: COLLECT_ERRORS })
    .execute([0, 1, 2]);
  while (held.length < 3) await undefined;
  for (const release of held) {
    release();
    await undefined;
  }

  assertEquals(failuresOf(await done).map(({ index, error }) => [index, error.code]), [
    [0, "E0"],
    [1, "E1"],
    [2, "E2"],
  ]);
});
