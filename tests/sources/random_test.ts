// The laws over random sources, failures, orders of answers and readers, against array models. A
// failure prints the seed and the smallest scenario that shows it.

import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { test } from "../harness.ts";
import { SOURCE_KINDS, type SourceKind, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import { assertTidy, createInputs, type End, type Input, type Row, ROWS } from "./_rows.ts";

const RUNS = 300;
/** The same scenarios everywhere and every time, so that a failure is found again. */
const SEED = 20261123;

const FAILURE = new Error("thrown by the test");
/** A reader that has this many answers waits for the end. */
const MOST_ITEMS = 60;

interface Scenario {
  readonly inputs: readonly Input[];
  readonly kinds: readonly SourceKind[];
  /** How many items the reader takes before it stops; it reads to the end where there are fewer. */
  readonly takes: number;
  /** How many calls of `next` it has under way at a time. */
  readonly ahead: number;
  /** Whether it stops while it waits for an item. */
  readonly stopsWaiting: boolean;
}

function scenarios({ minSources, maxSources }: Row): fc.Arbitrary<Scenario> {
  return fc.record({
    lengths: fc.array(fc.nat(6), { minLength: minSources, maxLength: maxSources }),
    failing: fc.option(fc.nat(2), { nil: undefined }),
    kinds: fc.array(fc.constantFrom(...SOURCE_KINDS), { minLength: 3, maxLength: 3 }),
    takes: fc.oneof(fc.nat(8), fc.constant(MOST_ITEMS)),
    ahead: fc.integer({ min: 1, max: 3 }),
    stopsWaiting: fc.boolean(),
  }).map(({ lengths, failing, ...rest }) => ({ inputs: createInputs(lengths, failing), ...rest }));
}

/** Reads until enough has come, or the end. */
async function read(
  items: AsyncGenerator<unknown, void, undefined>,
  { takes, ahead, stopsWaiting }: Scenario,
): Promise<{ seen: unknown[]; end: End; error?: unknown }> {
  const seen: unknown[] = [];
  try {
    while (seen.length < takes) {
      const count = Math.min(ahead, takes - seen.length);
      const results = await Promise.allSettled(Array.from({ length: count }, () => items.next()));
      for (const result of results) {
        if (result.status === "rejected") throw result.reason;
        if (result.value.done) return { seen, end: "done" };
        seen.push(result.value.value);
      }
    }
  } catch (error) {
    return { seen, end: "failed", error };
  }
  if (!stopsWaiting) {
    await items.return();
    return { seen, end: "stopped" };
  }
  const [late] = await Promise.allSettled([items.next(), items.return()]);
  if (late.status === "rejected") return { seen, end: "failed", error: late.reason };
  if (!late.value.done) seen.push(late.value.value);
  return { seen, end: "stopped" };
}

for (const row of ROWS) {
  test(`[L3] [L4] [L6] ${row.name} does what its model does, in whatever order sources answer`, () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), scenarios(row), async (scheduler, scenario) => {
        const { inputs, kinds } = scenario;
        const probes = inputs.map(({ items, fails }, index) =>
          new SourceProbe(kinds[index]!, {
            items,
            ...(fails && { failAfter: items.length, failure: FAILURE }),
            gate: () => scheduler.schedule(Promise.resolve()),
          })
        );
        const items = row.build(probes.map(({ source }) => source));

        const { seen, end, error } = await scheduler.waitFor(read(items, scenario));

        row.check(inputs, seen, end);
        if (end === "failed") assertStrictEquals(error, FAILURE);
        for (const probe of probes) assertTidy(probe);
        assertEquals(await items.next(), { done: true, value: undefined });
        await scheduler.waitIdle();
        await settle();
        for (const probe of probes) assertTidy(probe);
      }),
      { numRuns: RUNS, seed: SEED },
    ));
}
