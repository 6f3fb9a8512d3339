/** A stage that is a generator over the whole stream. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import { pipeline, reduce } from "streaming-iterables";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { nodeContender } from "../baselines/node_readable.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { checksum, checksumOf, expectedOfIncrement, increment, numbers } from "../lib/work.ts";

const REDUCE = "reduce";
const ITERATE = "for await";
const GENERATOR = "the generator alone";

type Source = Iterable<number> | AsyncIterable<number>;

/** The step: a stage that could as well keep something, or emit more or less than it gets. */
async function* incremented(source: Source): AsyncGenerator<number, void, undefined> {
  for await (const item of source) yield increment(item);
}

const headrace = StreamingPipeline.start<number>()
  .add("increment", ({ input }) => incremented(input));

const effectStream = (items: number): Stream.Stream<number, unknown> =>
  Stream.fromAsyncIterable(
    incremented(Stream.toAsyncIterable(effectSource(numbers(items)))),
    (error) => error,
  );

export const generatorStep: Row = {
  id: "generator-step",
  title: "one stage that is an async generator",
  items: 100_000,
  denoBenchItems: 10_000,
  groups: [
    {
      name: REDUCE,
      baseline: GENERATOR,
      expected: expectedOfIncrement,
      contenders: [
        {
          name: GENERATOR,
          kind: "by hand",
          run: (items) => checksumOf(incremented(numbers(items))),
        },
        {
          name: HEADRACE,
          kind: "ours",
          run: (items) => headrace.executeReduce(numbers(items), checksum, 0),
        },
        {
          name: "effect Stream",
          share: 0.25,
          run: (items) => foldEffect(effectStream(items), checksum, 0),
        },
        {
          name: "streaming-iterables",
          share: 0.5,
          run: (items) => pipeline(() => numbers(items), incremented, reduce(checksum, 0)),
        },
        ...nodeContender((Readable) => ({
          name: "Node Readable.compose",
          share: 0.1,
          run: (items) => {
            const composed = Readable.from(numbers(items)).compose(incremented);
            // Its declaration knows of strings and bytes only.
            return checksumOf(composed as unknown as AsyncIterable<number>);
          },
        })),
      ],
    },
    {
      name: ITERATE,
      baseline: GENERATOR,
      expected: expectedOfIncrement,
      contenders: [
        {
          name: GENERATOR,
          kind: "by hand",
          run: (items) => checksumOf(incremented(numbers(items))),
        },
        {
          name: HEADRACE,
          kind: "ours",
          run: (items) => checksumOf(headrace.execute(numbers(items))),
        },
        {
          name: "effect Stream",
          share: 0.25,
          run: (items) => checksumOf(Stream.toAsyncIterable(effectStream(items))),
        },
      ],
    },
  ],
  targets: [],
};
