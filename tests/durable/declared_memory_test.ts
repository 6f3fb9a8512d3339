// L16: an acknowledged item is not read again, so what depends on earlier items says so.

import { assertEquals, equal } from "@std/assert";
import { requireBlueprint } from "../../src/core/pipeline.ts";
import { GATHER, type Stage, type StageControl } from "../../src/core/stage.ts";
import type { StageRun } from "../../src/core/stage_run.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { test } from "../harness.ts";
import { range, ROWS } from "../contract/_rows.ts";

const control: StageControl = {
  // Attempts are counted in it, and none is made.
  run: {} as StageRun,
  drop() {},
  end() {},
  follow() {},
  keep: (memory) => memory,
  path: () => undefined,
  retain: (path) => path,
};

test("[L16] a stage whose answer depends on earlier items says that it remembers", () => {
  const silent = ROWS.filter((row) => {
    const { stages } = requireBlueprint("test", row.build(new CallProbe()));
    const alone = range(12).flatMap((item) => row.model([item]));
    return stages.every(isWithoutMemory) && !equal(row.model(range(12)), alone);
  });

  assertEquals(silent.map(({ title }) => title), []);
});

/** What is kept back is acknowledged with what is made of it. */
function isWithoutMemory(stage: Stage): boolean {
  if (stage.kind !== "item" || stage.remembers || stage.outcome === GATHER) return false;
  return stage.open(control).bufferedCount === undefined;
}
