import { type Account, account } from "@headrace/observe";
import { type ObservedRun, StreamingPipeline } from "@headrace/pipeline";
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
