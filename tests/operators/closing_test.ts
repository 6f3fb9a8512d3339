// A stage that reads another source, looks at the time or runs pipelines of its own is closed while
// it owes an item: what it has open is closed, clean-up and all, before the consumer's statement
// completes. A source that is silent itself is not waited for.

import { assertEquals } from "@std/assert";
import { type PipelineRun, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";

const start = () => StreamingPipeline.start<number>();
const silent = () => new SourceProbe("an async iterable", { silentAfter: 0 }).source;

/** What is busy, or open, when the stage is closed, and whether it has finished its clean-up. */
class Work {
  isClean = false;

  /** A source that has answered; its clean-up takes a while. */
  async *items(): AsyncGenerator<number, void, undefined> {
    try {
      for (let item = 0;; item++) yield item;
    } finally {
      await this.#cleanUp();
    }
  }

  /** A call that ends when a test says so. */
  readonly call = async (item: number, _index: number, { signal }: Called): Promise<number> => {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await this.#cleanUp();
    return item;
  };

  async #cleanUp(): Promise<void> {
    await settle();
    await settle();
    this.isClean = true;
  }
}

interface Called {
  readonly signal: AbortSignal;
}

/** Each stage, on a run that is asked for an item that does not come. */
const STAGES: Readonly<Record<string, (work: Work) => PipelineRun<unknown>>> = {
  "zipWith() beside a source that has answered": (work) =>
    start().zipWith("stage", () => work.items()).run(silent()),
  "zipWith() after a source that has answered": (work) =>
    start().zipWith("stage", () => silent()).run(work.items()),
  "joinWith() by order, whose table is silent": (work) =>
    start().joinWith("stage", () => silent(), {
      leftKey: (item) => item,
      rightKey: (item) => item,
      kind: "inner",
      strategy: "sorted",
    }).run(work.items()),
  "mergeWith() after a call in flight": (work) =>
    start().map("call", work.call).mergeWith("stage", () => silent()).run([1]),
  "batch() by time, whose weighing is in flight": (work) =>
    start().batch("stage", { maxWaitMs: 60_000, maxWeight: 9, weigh: work.call }).run([1]),
  "windowTime() after a call in flight": (work) =>
    start().map("call", work.call).windowTime("stage", { sizeMs: 60_000 }).run([1]),
  "debounce() after a call in flight": (work) =>
    start().map("call", work.call).debounce("stage", 60_000).run([1]),
  "sample() after a call in flight": (work) =>
    start().map("call", work.call).sample("stage", 60_000).run([1]),
  "takeUntil() after a call in flight": (work) =>
    start().map("call", work.call).takeUntil("stage", new Promise(() => {})).run([1]),
  "groupBy(), whose group is busy": (work) =>
    start().groupBy("stage", () => "all", (group) => group.map("call", work.call)).run([1]),
  "partition(), whose side is busy": (work) =>
    start().partition(
      "stage",
      () => true,
      (group) => group.map("call", work.call),
      (group) => group,
    ).run([1]),
  "fanOut(), whose branch is busy": (work) =>
    start().fanOut("stage", { only: (items) => items.map("call", work.call) }).run([1]),
  "route(), whose branch is busy": (work) =>
    start().route("stage", () => "only" as const, {
      only: (items) => items.map("call", work.call),
    }).run([1]),
};

for (const [name, open] of Object.entries(STAGES)) {
  test(`[L4] ${name}: a reader that stops waits for the clean-up`, async () => {
    const work = new Work();
    const items = open(work)[Symbol.asyncIterator]();
    const owed = items.next();
    await settle();
    await items.return?.();

    assertEquals([work.isClean, (await owed).done], [true, true]);
  });

  test(`[L4][L13] ${name}: an abort waits for the clean-up`, async () => {
    const work = new Work();
    const run = open(work);
    const owed = run[Symbol.asyncIterator]().next().then(() => "an item", (error) => error);
    await settle();
    const reason = new Error("enough");
    await run.abort(reason);

    assertEquals([work.isClean, await owed], [true, reason]);
  });
}
