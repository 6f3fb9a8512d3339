// Every way to run a pipeline, as one function each.

import type { PipelineRun, RunOptions } from "../../mod.ts";
import type { AnyPipeline } from "./_rows.ts";

/** A source of numbers, typed as the one kind that is easiest to hand on. */
export type AnySource = AsyncIterable<number> | readonly number[];

/** One way to run a pipeline to its end. */
export interface End {
  readonly name: string;
  /** Runs to the end; `see` gets each item as soon as it comes out. */
  readonly run: (
    pipeline: AnyPipeline,
    source: AnySource,
    see: (item: unknown) => void,
    options?: RunOptions,
  ) => Promise<void>;
  /** Whether the run hands out items while it goes on, rather than one result. */
  readonly streams: boolean;
}

/** Reads a stream by hand: not every runtime can iterate over one. */
export async function readAll(
  stream: ReadableStream<unknown>,
  see: (item: unknown) => void,
): Promise<void> {
  const reader = stream.getReader();
  for (let result = await reader.read(); !result.done; result = await reader.read()) {
    see(result.value);
  }
}

/** Writes what a source gives and closes, or aborts with what it throws. */
async function writeAll(source: AnySource, writable: WritableStream<number>): Promise<void> {
  const writer = writable.getWriter();
  try {
    for await (const item of source) {
      await writer.ready;
      writer.write(item).catch(() => {});
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
  }
}

async function iterate(
  items: AsyncIterable<unknown>,
  see: (item: unknown) => void,
): Promise<void> {
  for await (const item of items) see(item);
}

/** `execute`, the plainest of them. */
export const EXECUTE: End = {
  name: "execute()",
  run: (pipeline, source, see, options) => iterate(pipeline.execute(source, options), see),
  streams: true,
};

/** Those that read a source. */
export const ENDS: readonly End[] = [
  EXECUTE,
  {
    name: "executeToArray()",
    async run(pipeline, source, see, options) {
      for (const item of await pipeline.executeToArray(source, options)) see(item);
    },
    streams: false,
  },
  {
    name: "executeReduce()",
    async run(pipeline, source, see, options) {
      const reducer = (count: number, item: unknown) => (see(item), count + 1);
      await pipeline.executeReduce(source, reducer, 0, options);
    },
    streams: true,
  },
  {
    name: "executeReduce() with an async reducer",
    async run(pipeline, source, see, options) {
      const reducer = (count: number, item: unknown) => (see(item), Promise.resolve(count + 1));
      await pipeline.executeReduce(source, reducer, 0, options);
    },
    streams: true,
  },
  {
    name: "executeForEach()",
    run: (pipeline, source, see, options) => pipeline.executeForEach(source, see, options),
    streams: true,
  },
  {
    name: "run()",
    run: (pipeline, source, see, options) => iterate(pipeline.run(source, options), see),
    streams: true,
  },
  {
    name: "run().readable",
    run: (pipeline, source, see, options) => readAll(pipeline.run(source, options).readable, see),
    streams: true,
  },
  {
    name: "toReadableStream()",
    run: (pipeline, source, see, options) =>
      readAll(pipeline.toReadableStream(source, undefined, options), see),
    streams: true,
  },
];

/** `toTransformStream`, which is written to. */
export const TRANSFORM: End = {
  name: "toTransformStream()",
  async run(pipeline, source, see, options) {
    const { readable, writable } = pipeline.toTransformStream(undefined, undefined, options);
    const writing = writeAll(source, writable);
    try {
      await readAll(readable, see);
    } finally {
      await writing;
    }
  },
  streams: true,
};

/** Runs to the end and returns what came out. */
export async function collect(
  end: End,
  pipeline: AnyPipeline,
  source: AnySource,
  options?: RunOptions,
): Promise<unknown[]> {
  const items: unknown[] = [];
  await end.run(pipeline, source, (item) => items.push(item), options);
  return items;
}

/** What came out of a run that fails, and why it failed. */
export async function collectUntilError(
  end: End,
  pipeline: AnyPipeline,
  source: AnySource,
  options?: RunOptions,
): Promise<{ readonly items: readonly unknown[]; readonly error: unknown }> {
  const items: unknown[] = [];
  try {
    await end.run(pipeline, source, (item) => items.push(item), options);
  } catch (error) {
    return { items, error };
  }
  throw new Error(`${end.name} should have failed`);
}

/** The first `count` items of a run that goes on. */
export async function pull(
  items: AsyncIterator<unknown> | PipelineRun<unknown>,
  count: number,
): Promise<unknown[]> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items;
  const pulled: unknown[] = [];
  for (let index = 0; index < count; index++) {
    const result = await iterator.next();
    if (result.done) break;
    pulled.push(result.value);
  }
  return pulled;
}
