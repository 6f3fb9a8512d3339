import { type Account, account } from "@headrace/observe";
import {
  createFilterStep,
  createParallel,
  createStep,
  type ObservedRun,
  Pipeline,
  singleToList,
  StreamingPipeline,
  streamingToPipeline,
} from "@headrace/pipeline";
import { settle } from "@headrace/pipeline/testing";
import { assertEquals } from "@std/assert";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";
import { range } from "./support/runs.ts";

const pipeline = StreamingPipeline.start<number>(undefined, { metadata: { maxErrors: 60 } })
  .map("step", (item) => {
    throw Object.assign(new Error("no"), { code: `CODE_${item}` });
  }, { errorStrategy: "COLLECT_ERRORS" });

for (const isObserver of [true, false]) {
  test(`account() distinguishes fifty codes of a stage, ${isObserver ? "" : "not "}as an observer`, async () => {
    let kept: Account | undefined;
    const observer = isObserver ? (run: ObservedRun) => kept = account(run) : undefined;
    const run = pipeline.run(range(60), { observer });
    kept ??= account(run);
    await collect(run);

    const { codes } = kept.figures().stages[0]!;
    assertEquals([codes.size, codes.get("CODE_49"), codes.get("others")], [51, 1, 10]);
  });
}

const step = createStep<number, number>("double", ({ input }) => {
  if (input === 2) throw new Error("no");
  return input * 2;
});
const doubles = singleToList(step, { errorStrategy: "SKIP_FAILED" });
const large = createFilterStep<number>((item) => item > 1, "large");
const numbers = () => Pipeline.start<number[]>();

const LISTS: Readonly<Record<string, Pipeline<number[], unknown, unknown>>> = {
  "a step on a list": numbers().add("list", doubles),
  "a step with the name of another stage": numbers().add("list", large).map("large", step),
  "a branch": numbers().branch("list", (list) => list.length > 2, doubles, large),
  "the other branch": numbers().branch("list", (list) => list.length > 3, doubles, large),
  "a step that is tried again": numbers().add("list", {
    ...singleToList(step),
    retry: { maxAttempts: 1, backoffMs: 0 },
  }),
  "a stream": streamingToPipeline(
    StreamingPipeline.start<number>()
      .map("doubled", step, { errorStrategy: "SKIP_FAILED" })
      .filter("large", (item) => item > 2),
  ),
};

for (const [what, pipeline] of Object.entries(LISTS)) {
  test(`account() of a batch pipeline has the items of lists: ${what}`, async () => {
    let kept: Account | undefined;
    const { metadata } = await pipeline.execute([1, 2, 3], {
      observer: (run) => kept = account(run),
    });
    await settle();

    const { stages } = kept!.figures();
    const codesOf = (codes: ReadonlyMap<string, number>) => [...codes.values()];
    assertEquals(
      stages.slice(0, metadata.steps!.length).map((stage) => {
        return [stage.key, stage.passedCount, codesOf(stage.codes), stage.errorCount];
      }),
      metadata.steps!.map(({ key, listMetadata }) => {
        const { successCount, failureCount } = listMetadata!;
        return [key, successCount, failureCount === 0 ? [] : [failureCount], failureCount];
      }),
    );
    assertEquals(stages[0]!.totalCount, 3);
  });
}

test("account() of steps side by side has the value of the stage, whatever it is called", async () => {
  for (const name of ["both", "steps"]) {
    let kept: Account | undefined;
    const both = createParallel(name, [doubles, large]);
    await numbers().add("both", both).execute([1, 2, 3], {
      observer: (run) => kept = account(run),
    });
    await settle();

    const [stage] = kept!.figures().stages;
    assertEquals([stage?.inputCount, stage?.outputCount, stage?.codes.size], [1, 1, 0]);
  }
});
