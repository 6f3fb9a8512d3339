// [L6] Whatever is thrown, and whatever looking at it does, is a failure like any other: the run
// settles, with what was thrown in `cause`, closes its source and says what became of its items.

import { assert, assertEquals } from "@std/assert";
import type { FailedItem } from "../../mod.ts";
import { HOSTILE_VALUES } from "../support/hostile_values.ts";
import { type SourceKind, SourceProbe } from "../../src/testing/source_probe.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import type { Callback } from "./_callback_rows.ts";
import { type Place, PLACES } from "./_callbacks.ts";
import type { AnyPipeline } from "./_function_operators.ts";
import { expectCause, settled, testAll } from "./_hostile.ts";
import type { Mode } from "./_modes.ts";

/** The one that the user's code fails on. */
const BAD_ITEM = 1;

const SKIPPING = ["SKIP_FAILED", "COLLECT_ERRORS", "SPLIT_ERRORS"] as const;

/** The two ways in which a run is driven, each on a source of another kind. */
const DRIVES: readonly {
  readonly kind: SourceKind;
  readonly drive: (pipeline: AnyPipeline, source: AsyncIterable<number>) => Promise<unknown>;
}[] = [
  {
    kind: "an async iterable",
    drive: (pipeline, source) => pipeline.executeToArray(source),
  },
  {
    kind: "a ReadableStream",
    async drive(pipeline, source) {
      for await (const _ of pipeline.execute(source));
    },
  },
];

for (const place of PLACES) {
  for (const mode of place.modes) {
    const name = place.name + mode.label;
    const values = valuesFor(place);

    testAll(`[L6] ${name} fails with whatever was thrown`, values, async (thrown, what, clock) => {
      for (const { kind, drive } of DRIVES) {
        const probe = new SourceProbe(kind, { items: [0, 1, 2, 3] });
        const pipeline = place.build(failing(place, mode, thrown), mode.options);
        const outcome = await settled(drive(pipeline, probe.source), what, clock);
        const { steps, status } = await pipeline.getMetadata();

        assertEquals([outcome.state, status], ["rejected", "failed"], what);
        expectCause(outcome.error, thrown, what);
        const { opened, closed, isOver, wasOverAtClose } = probe;
        assert(closed === 1 ? !wasOverAtClose : closed === 0 && (isOver || opened === 0), what);
        for (const step of steps) expectBalance(step, what);
      }
    });

    if (!place.hasStrategy) continue;
    for (const errorStrategy of SKIPPING) {
      const title = `[L6] ${name} leaves out what fails with whatever was thrown: ${errorStrategy}`;
      testAll(title, values, async (thrown, what, clock) => {
        const failed: FailedItem[] = [];
        const call = failing(place, mode, thrown);
        const pipeline = place.build(call, { ...mode.options, errorStrategy });
        const errorsTo = (item: FailedItem) => void failed.push(item);
        const running = pipeline.executeToArray([0, 1, 2, 3], { errorsTo });
        const outcome = await settled(running, what, clock);
        const [step] = (await pipeline.getMetadata()).steps;

        assertEquals([outcome.state, step!.errorCount], ["resolved", 1], what);
        expectBalance(step!, what);
        const kept = [...failed.map(({ error }) => error), ...step!.errors ?? []];
        assertEquals(kept.length, errorStrategy === "SKIP_FAILED" ? 0 : 1, what);
        for (const error of kept) expectCause(error, thrown, what);
      });
    }
  }
}

/** Deno 2.9 looks at what its own streams are errored with, and reports what comes of that. */
function valuesFor({ name }: Place): typeof HOSTILE_VALUES {
  if (!name.includes("through()")) return HOSTILE_VALUES;
  return Object.fromEntries(
    Object.entries(HOSTILE_VALUES).filter(([value]) => !value.includes("proxy")),
  );
}

/** Fails for one item, in the way of the mode, and answers for the others. */
function failing({ answer }: Place, { isAsync }: Mode, thrown: unknown): Callback {
  const call = (item: number) => {
    if (item === BAD_ITEM) throw thrown;
    return answer(item);
  };
  return isAsync ? async (item) => await call(item) : call;
}
