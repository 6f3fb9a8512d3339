// map() with a batch over random sources, times, failures and limits, held to map() of single items
// over the same: what comes out and what fails is the same, and fewer calls are made, never more.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type FailedItem, StreamingPipeline } from "../../mod.ts";
import { clock } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";

const RUNS = 600;
/** The same scenarios everywhere and every time, so that a failure is found again. */
const SEED = 20261127;

interface Scenario {
  /** How long each item keeps its reader waiting; all are available at once where it is absent. */
  readonly gapsMs: readonly number[] | undefined;
  readonly length: number;
  readonly size: number;
  readonly maxWaitMs: number | undefined;
  /** How many calls there is room for. */
  readonly calls: number;
  readonly ordered: boolean;
  readonly callMs: number;
  /** How long the reader takes for an item. */
  readonly readMs: number;
  /** Of so many items, one fails, so often. */
  readonly failing: { readonly modulus: number; readonly times: number } | undefined;
  readonly maxAttempts: number;
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  gapsMs: fc.option(fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), { nil: undefined }),
  length: fc.nat(40),
  size: fc.integer({ min: 1, max: 9 }),
  maxWaitMs: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
  calls: fc.integer({ min: 1, max: 3 }),
  ordered: fc.boolean(),
  callMs: fc.nat(12),
  readMs: fc.constantFrom(0, 0, 3),
  failing: fc.option(
    fc.record({ modulus: fc.integer({ min: 2, max: 7 }), times: fc.integer({ min: 1, max: 3 }) }),
    { nil: undefined },
  ),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
});

const wait = (milliseconds: number) =>
  new Promise<void>((resolve) => void clock.schedule(resolve, milliseconds));

async function* slowly(length: number, gapsMs: readonly number[]): AsyncGenerator<number> {
  for (let item = 0; item < length; item++) {
    await wait(gapsMs[item % gapsMs.length]!);
    yield item;
  }
}

interface Outcome {
  readonly items: readonly number[];
  readonly failed: readonly number[];
  readonly calls: readonly (readonly number[])[];
  /** How many items were in a call at a time. */
  readonly peak: number;
}

/** Answers as the scenario says, and notes its calls. */
class Service {
  readonly calls: (readonly number[])[] = [];
  peak = 0;
  #running = 0;
  readonly #tries: Map<number, number> = new Map();
  readonly #scenario: Scenario;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  readonly load = async (items: readonly number[]): Promise<(number | Error)[]> => {
    this.calls.push([...items]);
    this.#running += items.length;
    this.peak = Math.max(this.peak, this.#running);
    await wait(this.#scenario.callMs);
    this.#running -= items.length;
    return items.map((item) => this.#fails(item) ? busy(item) : item * 2);
  };

  #fails(item: number): boolean {
    const { failing } = this.#scenario;
    const tries = (this.#tries.get(item) ?? 0) + 1;
    this.#tries.set(item, tries);
    return failing !== undefined && item % failing.modulus === 1 && tries <= failing.times;
  }
}

const busy = (item: number) => Object.assign(new Error(`${item}`), { status: 503 });

function run(scenario: Scenario, isBatched: boolean): Promise<Outcome> {
  return new TestClock().use(async (clock) => {
    const { size, maxWaitMs, calls, ordered, length, gapsMs, readMs, maxAttempts } = scenario;
    const service = new Service(scenario);
    const options = {
      concurrencyLimit: size * calls,
      ordered,
      errorStrategy: "SPLIT_ERRORS",
      retry: { maxAttempts, backoffMs: 5 },
    } as const;
    const loadOne = async (item: number) => {
      const [answer] = await service.load([item]);
      if (answer instanceof Error) throw answer;
      return answer!;
    };
    const start = StreamingPipeline.start<number>();
    const pipeline = isBatched
      ? start.map("loaded", service.load, { ...options, batch: { size, maxWaitMs } })
      : start.map("loaded", loadOne, options);
    const failed: number[] = [];
    const source = gapsMs === undefined
      ? Array.from({ length }, (_, index) => index)
      : slowly(length, gapsMs);
    const items: number[] = [];
    const reading = watch(pipeline.executeForEach(source, async (item) => {
      items.push(item);
      if (readMs > 0) await wait(readMs);
    }, { errorsTo: ({ item }: FailedItem) => void failed.push(item as number) }));
    await runOut(clock, () => reading.state !== "pending");
    assertEquals([reading.state, clock.timerCount], ["resolved", 0]);
    return { items, failed, calls: service.calls, peak: service.peak };
  });
}

async function runOut(clock: TestClock, isOver: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400 && !isOver(); turn++) await clock.advance(25);
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((one, other) => one - other);

test(
  "map() with a batch gives what map() of single items gives, with fewer calls and never more",
  async () => {
    let [batched, single] = [0, 0];
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const plain = await run(scenario, false);
        const loaded = await run(scenario, true);

        if (scenario.ordered) assertEquals(loaded.items, plain.items);
        assertEquals(sorted(loaded.items), sorted(plain.items));
        assertEquals(sorted(loaded.failed), sorted(plain.failed));
        // Each item is asked for as often; no call is for more than `size`.
        assertEquals(sorted(loaded.calls.flat()), sorted(plain.calls.flat()));
        assert(loaded.calls.every((items) => items.length <= scenario.size));
        assert(loaded.calls.length <= plain.calls.length);
        assert(loaded.peak <= scenario.size * scenario.calls);
        batched += loaded.calls.length;
        single += plain.calls.length;
      }),
      { seed: SEED, numRuns: RUNS },
    );

    assert(batched < single * 0.7, `${batched} calls for ${single}`);
  },
  { hangAfterMs: 120_000 },
);
