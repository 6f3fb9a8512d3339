// What becomes of failing items, for every strategy, stage and way to run it.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type FailedItem, StreamingError, StreamingErrorStrategy } from "../../mod.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { type AnyPipeline, type StageRow, STAGES, type Way, waysOf } from "./_stages.ts";

const ITEMS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** The first and the last are among them, and two in a row. */
const FAILING: ReadonlySet<number> = new Set([0, 3, 4, 9]);
const FAILURES = ITEMS.map((item) => new Error(`no ${item}`));

function build(
  row: StageRow,
  way: Way,
  strategy: StreamingErrorStrategy,
  failing = FAILING,
): AnyPipeline {
  const check = (item: number) => {
    if (failing.has(item)) throw FAILURES[item];
  };
  return row.build(check, { ...way.options, errorStrategy: strategy }, way.isAsync);
}

function expectItems(row: StageRow): unknown[] {
  const { model, remains = () => [], until = Infinity } = row;
  const failed = expectFailed(row);
  return ITEMS.filter((item) => item < until)
    .flatMap((item) => failed.includes(item) ? remains(item) : model(item));
}

function expectFailed({ until = Infinity, checksUntil = until }: StageRow): number[] {
  return ITEMS.filter((item) => item < checksUntil && FAILING.has(item));
}

/** Work that is not ordered may give its items in another order. */
function inOrder(way: Way, items: readonly unknown[]): unknown[] {
  return way.options.ordered === false
    ? [...items].sort((first, second) => Number(first) - Number(second))
    : [...items];
}

for (const row of STAGES) {
  for (const way of waysOf(row)) {
    const name = `${row.name}${way.label}`;

    test(`[defect] SKIP_FAILED: ${name} leaves failing items out, and goes on to the end`, async () => {
      const pipeline = build(row, way, StreamingErrorStrategy.SKIP_FAILED);
      const collected = await pipeline.executeToArray(ITEMS);
      const { items, error } = await readOutcome(pipeline.execute(ITEMS));
      const { steps: [stage], status } = await pipeline.getMetadata();

      assertStrictEquals(error, undefined);
      assertEquals(inOrder(way, collected), inOrder(way, expectItems(row)));
      assertEquals(inOrder(way, items), inOrder(way, expectItems(row)));
      assertEquals([stage!.errorCount, stage!.errors, status], [
        expectFailed(row).length,
        undefined,
        "completed",
      ]);
    });

    test(`COLLECT_ERRORS: ${name} leaves failing items out and keeps the errors`, async () => {
      const pipeline = build(row, way, StreamingErrorStrategy.COLLECT_ERRORS);
      const items = await pipeline.executeToArray(ITEMS);
      const { steps: [stage] } = await pipeline.getMetadata();
      const errors = inOrder(way, stage!.errors!.map((error) => error.itemIndex));

      assertEquals(inOrder(way, items), inOrder(way, expectItems(row)));
      assertEquals(errors, expectFailed(row));
      assertEquals(stage!.errorCount, expectFailed(row).length);
      for (const error of stage!.errors!) {
        assertStrictEquals(error.item, error.itemIndex);
        assertStrictEquals(error.cause, FAILURES[error.itemIndex!]);
      }
    });

    test(`[defect] SPLIT_ERRORS: ${name} sends failing items on their way, and no index drifts`, async () => {
      const failed: FailedItem[] = [];
      const items = await build(row, way, StreamingErrorStrategy.SPLIT_ERRORS)
        .executeToArray(ITEMS, { errorsTo: (one) => failed.push(one) });

      assertEquals(inOrder(way, items), inOrder(way, expectItems(row)));
      assertEquals(inOrder(way, failed.map(({ item }) => item)), expectFailed(row));
      for (const { item, itemIndex, key, error } of failed) {
        assertEquals([itemIndex, key, error.key, error.itemIndex], [item, "stage", "stage", item]);
        assertStrictEquals(error.cause, FAILURES[itemIndex]);
        assertStrictEquals(error.item, item);
      }
    });

    test(`FAIL_FAST: ${name} gives what is before the failing item, then the error`, async () => {
      const failing = new Set([3, 4]);
      const pipeline = build(row, way, StreamingErrorStrategy.FAIL_FAST, failing);
      const { items, error } = await readOutcome(pipeline.execute(ITEMS));
      const { model, remains = () => [] } = row;
      const before = [...[0, 1, 2].flatMap(model), ...remains(3)];

      assertInstanceOf(error, StreamingError);
      assertStrictEquals(error.cause, FAILURES[error.itemIndex!]);
      if (way.options.ordered === false) return;
      assertEquals(items, before);
      assertEquals([error.itemIndex, error.item], [3, 3]);
    });
  }
}
