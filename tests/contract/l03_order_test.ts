// L3: output order is input order, unless a stage is unordered. What comes out is what a model over
// plain arrays says.

import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { collect, ENDS, TRANSFORM } from "./_ends.ts";
import { inOrder, range, ROWS, SEPARATE_ROWS, TYPICAL_ROWS } from "./_rows.ts";

/** Its answers are read side by side, so that their items mix. */
const MIXES = /^flatMap\(\) to /;

/** Its function is not called any more once an item has passed. */
const SKIPS = /^skipWhile\(\)/;

for (const row of ROWS) {
  for (const count of [0, 1, 40]) {
    test(`[L3] ${row.title} makes of ${count} items what its model makes`, async () => {
      const items = range(count);

      const given = await row.build(new CallProbe()).executeToArray(items);

      assertEquals(inOrder(row, given), inOrder(row, row.model(items)));
    });
  }
}

for (const row of SEPARATE_ROWS) {
  for (const [order, createPick] of Object.entries(PICKS)) {
    if (!row.mode.parallel && order !== "first to last") continue;

    test(`[L3] ${row.title} gives the right order when calls end ${order}`, async () => {
      const calls = new CallProbe({ hold: true });
      const items = range(40);
      const work = row.build(calls).executeToArray(items);

      const { value, released } = await drive(work, calls, createPick());

      if (row.mode.ordered) assertEquals(value, row.model(items));
      else if (MIXES.test(row.title)) assertEquals(inOrder(row, value), row.model(items));
      else if (SKIPS.test(row.title)) {
        const passed = items.filter((item) => !released.includes(item));
        assertEquals(inOrder(row, value), inOrder(row, [...row.model(released), ...passed]));
      } else assertEquals(value, row.model(released));
    });
  }
}

for (const row of TYPICAL_ROWS) {
  for (const kind of SOURCE_KINDS) {
    test(`[L3] ${row.title} reads ${kind} in order and to its end`, async () => {
      const probe = new SourceProbe(kind, { items: range(40) });

      const given = await row.build(new CallProbe()).executeToArray(probe.source);

      assertEquals(given, row.model(range(40)));
      assertEquals([probe.given, probe.closed], [40, 0]);
    });
  }

  for (const end of [...ENDS, TRANSFORM]) {
    test(`[L3] ${end.name} of ${row.title} gives every item in order`, async () => {
      assertEquals(
        await collect(end, row.build(new CallProbe()), range(40)),
        row.model(range(40)),
      );
      assertEquals(await collect(end, row.build(new CallProbe()), []), []);
    });
  }

  test(`[L3] ${row.title} takes a single value as one item`, async () => {
    assertEquals(await row.build(new CallProbe()).executeToArray(3 as never), [6]);
  });
}
