// Pipelines of any stages that a job can go on with, made from seeds.

import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import type { PipelineOf } from "../../mod.ts";
import type { Operator } from "../../src/core/operator.ts";
import * as operators from "../../src/operators/mod.ts";

/** A stage over anything; each makes some text of its items, so that any can follow any other. */
type AnyOperator = Operator<unknown, unknown>;

const hash = (item: unknown): number => {
  let sum = 7;
  for (const char of JSON.stringify(item)) sum = (sum * 31 + char.charCodeAt(0)) % 997;
  return sum;
};
const later = async <T>(value: T): Promise<T> => {
  for (let turn = hash(value) % 5; turn > 0; turn--) await undefined;
  return value;
};
const join = (text: unknown, item: unknown) => `${text}${hash(item)},`.slice(-12);

const counter = createStreamingStep<unknown, unknown, unknown, unknown, { n: number }, number>(
  "counter",
  async function* ({ input, kept }) {
    for await (const item of input) {
      if (kept.n++ % 3 !== 1) yield [item, kept.n];
    }
  },
  { memory: { snapshot: (kept) => kept.n, restore: (n = 0) => ({ n }) } },
);

/** What makes a stage of each kind; `size` is from 1 to 4. */
const MAKERS: readonly ((size: number, inner: Build) => AnyOperator)[] = [
  () => operators.map((item, index) => [index, hash(item)]),
  (size) => operators.map((item) => later(item), { concurrencyLimit: size }),
  (size) => operators.filter((item) => hash(item) % (size + 1) > 0),
  (size) => operators.flatMap((item) => Array.from({ length: size - 1 }, (_, at) => [item, at])),
  () => operators.scan(join, ""),
  () => operators.scan((text, item) => later(join(text, item)), "") as AnyOperator,
  () => operators.fold(join, "") as AnyOperator,
  (size) => operators.distinct((item) => hash(item) % (size * 2)),
  (size) => operators.distinct({ by: (item) => hash(item) % 4, window: size }),
  (size) => operators.batch(size),
  (size) => operators.batch({ maxWeight: size * 3, weigh: (item) => hash(item) % 4 }),
  (size) => operators.batchUntil((item) => hash(item) % size === 0),
  (size) => operators.window(3, size),
  (size) =>
    operators.windowTime({
      timestamp: (item, index) => index * 10 - hash(item) % 40,
      sizeMs: 10 * size,
      allowedLatenessMs: 10,
      by: (item) => hash(item) % 2,
      lateItems: () => {},
    }) as AnyOperator,
  (size) =>
    operators.windowTime({
      timestamp: (item, index) => index * 10 + hash(item) % 60,
      gapMs: 15 * size,
      allowedLatenessMs: 30,
    }) as AnyOperator,
  (size, inner) =>
    operators.groupBy((item) => hash(item) % size, inner, { maxKeys: 3, whenFull: "evict" }),
  (size, inner) => operators.groupBy((item) => hash(item) % size, inner),
  (size, inner) => operators.partition((item) => hash(item) % size > 0, inner, inner),
  (size, inner) =>
    operators.route((item) => hash(item) % size === 0 ? "a" : "b", { a: inner, b: inner }),
  (size) => operators.take(size * 3),
  (size) => operators.skip(size),
  (size) => operators.takeWhile((item, index) => index < 3 || hash(item) % (size + 5) > 0),
  (size) => operators.skipWhile((item) => hash(item) % (size + 1) > 0),
  (size) => operators.throttle({ limit: size, intervalMs: 10 }),
  (size) => operators.buffer(size),
  () => operators.add(counter) as unknown as AnyOperator,
];

// deno-lint-ignore no-explicit-any -- a pipeline of any face and type, built at random
type Build = (pipeline: any) => any;

/** A choice: of a maker, and of its size. */
export type Choice = readonly [maker: number, size: number];

/** How many kinds of stages there are. */
export const MAKER_COUNT: number = MAKERS.length;

/** The pipeline of some choices; those after the second are also what groups and branches have. */
export function buildPipeline(choices: readonly Choice[]): PipelineOf<number, unknown> {
  return build(StreamingPipeline.start<number>(), choices, choices.slice(1, 3));
}

function build(pipeline: ReturnType<Build>, choices: readonly Choice[], nested: readonly Choice[]) {
  return choices.reduce((made, [maker, size], index) => {
    const inner: Build = (start) => build(start, nested, []);
    return made.use(`${index}`, MAKERS[maker]!(size, inner));
  }, pipeline);
}
