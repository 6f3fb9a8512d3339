/**
 * Other pipelines, run before anything is timed: in a program that has run one pipeline only, the
 * compiler knows the functions of that one and inlines them, which no real program sees.
 *
 * @module
 */

import { StreamingPipeline } from "@headrace/pipeline";
import { numbers } from "./work.ts";

const ITEMS = 4_000;

const start = StreamingPipeline.start<number>();
const later = async (item: number) => await Promise.resolve(item);

/** Ten shapes that share no function with the rows. */
const SHAPES: Readonly<Record<string, StreamingPipeline<number, unknown>>> = {
  objects: start.map("object", (item) => ({ item })).filter("odd", ({ item }) => item % 2 === 1)
    .map("text", ({ item }) => `${item}`),
  async: start.map("later", later).map("next", (item) => item + 1),
  batches: start.batch("batches", 7).map("sum", (batch) => batch.reduce((sum, item) => sum + item))
    .batch("pairs", 2).flatten("sums"),
  expanded: start.flatMap("twice", (item) => [item, -item]).filter("positive", (item) => item > 0),
  folded: start.scan("sum", (sum, item) => sum + item, 0).window("window", { size: 3, slide: 2 }),
  parallel: start.map("later", later, { parallel: true, concurrencyLimit: 8 }).tap(
    "seen",
    () => {},
  ),
  unordered: start.map("later", later, { parallel: true, ordered: false }).skip("few", 3),
  keyed: start.groupBy("keys", (item) => item % 5, (group) => group.batch("batch", 10)),
  stepped: start.add("step", async function* ({ input }) {
    for await (const item of input) yield item * 2;
  }),
  selected: start.distinct("new").skipWhile("early", (item) => item < 10)
    .takeWhile("low", (item) => item < 3_000)
    .map("state", (item, index, { state }) => item + index + state.accumulated.new),
};

/** Runs them all, by both ways of consuming. */
export async function runMix(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    for (const pipeline of Object.values(SHAPES)) {
      await pipeline.executeReduce(numbers(ITEMS), (count) => count + 1, 0);
      let count = 0;
      for await (const _ of pipeline.execute(numbers(ITEMS))) count++;
    }
  }
}
