// The quantile sketch: within 1 % of the exact quantiles, in fixed memory.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Sampler } from "../../src/core/sampler.ts";
import { QuantileSketch, RELATIVE_ERROR } from "../../src/internal/sketch.ts";
import { test } from "../harness.ts";

const COUNT = 10_001;
const FRACTIONS = [0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

/** The same numbers from 0 up to 1 at each run (Park and Miller's generator). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const random = createRandom(42);
/** Box and Muller's transform. */
const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

const DISTRIBUTIONS: Readonly<Record<string, () => number>> = {
  uniform: () => random() * 1_000,
  exponential: () => -100 * Math.log(random()),
  "log-normal": () => Math.exp(3 + 2 * normal()),
  constant: () => 12.34,
  bimodal: () => random() < 0.9 ? 1 + 0.1 * random() : 5_000 + 100 * random(),
};

function sketchOf(values: Iterable<number>): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

test("the sketch promises 1 %", () => {
  assertEquals(RELATIVE_ERROR, 0.01);
});

for (const [name, draw] of Object.entries(DISTRIBUTIONS)) {
  test(`[defect] quantiles of a ${name} distribution are within 1 % of the exact ones`, () => {
    const values = Array.from({ length: COUNT }, draw);
    const sketch = sketchOf(values);
    values.sort((first, second) => first - second);

    for (const [index, estimate] of sketch.quantiles(FRACTIONS).entries()) {
      const exact = values[Math.floor(FRACTIONS[index]! * (COUNT - 1))]!;
      // A hair more than 1 %, for the rounding of the logarithm.
      assertAlmostEquals(estimate, exact, exact * RELATIVE_ERROR * (1 + 1e-9));
    }
  });
}

test("[defect] p50 of 0..1000 is 500, within 1 %", () => {
  const sketch = sketchOf(Array.from({ length: 1_001 }, (_, index) => index));
  const [p50, p95, p99] = sketch.quantiles([0.5, 0.95, 0.99]);

  assertAlmostEquals(p50!, 500, 5);
  assertAlmostEquals(p95!, 950, 9.5);
  assertAlmostEquals(p99!, 990, 9.9);
});

test("quantiles do not depend on the order of the values", () => {
  const values = Array.from({ length: 1_000 }, DISTRIBUTIONS["log-normal"]!);

  assertEquals(
    sketchOf(values).quantiles(FRACTIONS),
    sketchOf([...values].reverse()).quantiles(FRACTIONS),
  );
});

test("the sketch counts and adds up exactly", () => {
  const sketch = sketchOf([1, 2, 3.5, 0]);

  assertEquals([sketch.count, sketch.sum], [4, 6.5]);
});

test("quantiles of few values are those values", () => {
  assertEquals(new QuantileSketch().quantiles([0.5]), [0]);
  assertEquals(sketchOf([0, 0, 0]).quantiles([0, 0.5, 1]), [0, 0, 0]);
  const [low, middle, high] = sketchOf([7, 900]).quantiles([0, 0.5, 1]);
  assertAlmostEquals(low!, 7, 0.07);
  // Half of the two took no longer than the first.
  assertAlmostEquals(middle!, 7, 0.07);
  assertAlmostEquals(high!, 900, 9);
});

test("a duration below zero, as from a clock that was set back, counts as none", () => {
  const sketch = sketchOf([-5, -0.001, 10]);

  assertEquals([sketch.count, sketch.sum], [3, 10]);
  assertEquals(sketch.quantiles([0, 0.5]), [0, 0]);
});

test("[L11] the sketch keeps to a fixed number of buckets, whatever it is given", () => {
  const sketch = new QuantileSketch();
  // From below a nanosecond to beyond all bounds, each value a little larger than the last.
  for (let value = 1e-9; value < 1e18; value *= 1.001) sketch.add(value);
  for (const value of [Infinity, Number.MAX_VALUE, Number.MIN_VALUE, 0]) sketch.add(value);
  const fractions = Array.from({ length: 100_000 }, (_, index) => index / 100_000);
  const distinct = new Set(sketch.quantiles(fractions));

  // ln(1e12 / 1e-6) / ln(1.01 / 0.99), and one for what is smaller.
  assert(distinct.size <= 2_074, `${distinct.size} buckets`);
  assert(sketch.quantiles([1])[0]! <= 1e12 * (1 + RELATIVE_ERROR));
});

/** The table of docs/metadata.md: calls, how many of them are timed, and how far quantiles are off. */
const SAMPLES = [
  { calls: 1_000, timed: 26, offBy: [0.25, 0.36, 0.46] },
  { calls: 100_000, timed: 123, offBy: [0.11, 0.19, 0.29] },
] as const;

for (const { calls, timed, offBy } of SAMPLES) {
  test(`quantiles of a sample of ${calls} asynchronous calls are off by what the documentation says`, () => {
    const errors: number[][] = [[], [], []];
    for (let run = 0; run < 200; run++) {
      const sampler = new Sampler({ sampleEvery: 1_024, asyncBudget: 16, maxErrors: 0 });
      const sketch = new QuantileSketch();
      for (let call = 0; call < calls; call++) {
        if (!sampler.isDue()) continue;
        sampler.noteAsync();
        sketch.add(Math.exp(0.5 * normal()));
      }
      assertEquals(sketch.count, timed);
      for (const [index, value] of sketch.quantiles([0.5, 0.95, 0.99]).entries()) {
        const exact = Math.exp(0.5 * [0, 1.6449, 2.3263][index]!);
        errors[index]!.push(Math.abs(value / exact - 1));
      }
    }

    for (const [index, each] of errors.entries()) {
      const inMost = each.sort((a, b) => a - b)[190]!;
      assertAlmostEquals(inMost, offBy[index]!, 0.06);
    }
  });
}
