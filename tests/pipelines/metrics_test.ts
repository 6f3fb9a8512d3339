import { assertEquals } from "@std/assert";
import { type RunMetrics, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { withFakeClock } from "../support/fake_clock.ts";
import { settle } from "../support/turns.ts";

/** A promise of each item, settled by hand. */
function createGate(): { open: () => void; promise: Promise<void> } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, promise };
}

test("run.metrics says which stage is the bottleneck while it works", () =>
  withFakeClock(async (clock) => {
    const gate = createGate();
    const run = StreamingPipeline.start<number>()
      .map("quick", (item) => item + 1, { parallel: true, concurrencyLimit: 2 })
      .map("slow", async (item) => (await gate.promise, item))
      .map("after", (item) => item)
      .run([1, 2, 3, 4]);
    const snapshots = run.metrics[Symbol.asyncIterator]();

    const reading = collect(run);
    const asked = snapshots.next();
    await clock.advance(1_000);
    const { steps } = (await asked).value as RunMetrics;

    assertEquals(steps.map(({ key, stalledOn }) => [key, stalledOn]), [
      ["quick", "downstream"],
      ["slow", undefined],
      ["after", "upstream"],
    ]);
    assertEquals(steps.map(({ waitingCount }) => waitingCount), [2, 0, 0]);
    gate.open();
    await reading;
    await snapshots.return?.();
  }));

test("run.metrics gives rates since the snapshot before, and a last snapshot at the end", () =>
  withFakeClock(async (clock) => {
    const gates = [createGate(), createGate(), createGate()];
    const run = StreamingPipeline.start<number>()
      .map("step", async (item) => (await gates[item]!.promise, item))
      .run([0, 1, 2], { metricsIntervalMs: 500 });
    const snapshots: RunMetrics[] = [];
    const watching = (async () => {
      for await (const snapshot of run.metrics) snapshots.push(snapshot);
    })();
    const reading = collect(run);

    gates[0]!.open();
    await clock.advance(500);
    gates[1]!.open();
    gates[2]!.open();
    await settle();
    await Promise.all([reading, watching]);

    const figures = snapshots.map(({ elapsedMs, steps: [step] }) => [
      elapsedMs,
      step!.outputCount,
      step!.outputPerSecond,
    ]);
    assertEquals(figures, [[500, 1, 2], [500, 3, 0]]);
    assertEquals(clock.waiting, 0);
  }));

test("run.metrics has no timer while nobody listens", () =>
  withFakeClock(async (clock) => {
    const run = StreamingPipeline.start<number>().map("step", (item) => item).run([1, 2]);
    const snapshots = run.metrics[Symbol.asyncIterator]();
    const before = clock.waiting;
    const asked = snapshots.next();
    const during = clock.waiting;
    await snapshots.return?.();

    assertEquals([before, during, clock.waiting], [0, 1, 0]);
    assertEquals(await asked, { done: true, value: undefined });
    await collect(run);
  }));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
