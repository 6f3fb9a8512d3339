// [L6] What a function answers is looked at where that may throw: an answer that cannot be awaited
// fails its item, as an answer that is rejected does. And a thenable is a promise, however little it
// can do.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { StreamingError } from "../../mod.ts";
import { HOSTILE_ANSWERS, ODD_THENABLES } from "../support/hostile_values.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { PLACES } from "./_callbacks.ts";
import { settled, testAll } from "./_hostile.ts";

const BAD_ITEM = 1;

for (const place of PLACES.filter(({ isAwaited }) => isAwaited)) {
  for (const mode of place.modes) {
    const name = place.name + mode.label;
    const items = [0, 1, 2, 3];

    testAll(`[L6] ${name} fails with an answer that cannot be awaited`, HOSTILE_ANSWERS, async (
      answer,
      what,
      clock,
    ) => {
      const probe = new SourceProbe("an async iterable", { items });
      const call = (item: number) => item === BAD_ITEM ? answer : place.answer(item);
      const pipeline = place.build(
        mode.isAsync ? async (item) => await call(item) : call,
        mode.options,
      );
      const outcome = await settled(pipeline.executeToArray(probe.source), what, clock);
      const { steps } = await pipeline.getMetadata();

      // Where the user's own code awaits a promise, that does not ask for its `then`.
      if (!what.includes("a promise whose then")) assertEquals(outcome.state, "rejected", what);
      if (outcome.state === "rejected") assertInstanceOf(outcome.error, StreamingError, what);
      const { opened, closed, isOver, wasOverAtClose } = probe;
      assert(closed === 1 ? !wasOverAtClose : closed === 0 && (isOver || opened === 0), what);
      for (const step of steps) expectBalance(step, what);
    });

    // What comes of two sources depends on which of them is first.
    if (name.startsWith("the other source")) continue;
    const plain = place.build(place.answer, mode.options);
    const thenables = Object.fromEntries(
      Object.entries(ODD_THENABLES).map(([name, make]) => [name, () => make]),
    );
    testAll(`[L7] ${name} takes any thenable for a promise`, thenables, async (
      make,
      what,
      clock,
    ) => {
      const call = (item: number) => (make as typeof ODD_THENABLES[string])(place.answer(item));
      const pipeline = place.build(call, mode.options);
      const outcome = await settled(pipeline.executeToArray(items), what, clock);

      if (outcome.state === "rejected") throw outcome.error;
      assertEquals(sorted(outcome.value), sorted(await plain.executeToArray(items)), what);
    });
  }
}

/** Branches and unordered stages give what they have when they have it. */
function sorted(items: readonly unknown[] = []): string[] {
  return items.map((item) => JSON.stringify(item)).sort();
}
