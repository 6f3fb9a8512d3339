// Every way to run a pipeline, as one function each, and what a consumer does with its items.

import type { PipelineMetadata, RunOptions, StreamingPipeline } from "../../mod.ts";
import type { SourceProbe } from "../../src/testing/source_probe.ts";
import type { EndName } from "./program.ts";
import { REASON } from "./world.ts";

/** What waits in a stream is lost when it fails. */
const NOTHING_AHEAD = { highWaterMark: 0 };

/** The pipeline of a random run. */
export type RandomPipeline = StreamingPipeline<number, unknown, unknown>;

/** What an end works with. */
export interface EndParts {
  readonly pipeline: RandomPipeline;
  readonly probe: SourceProbe;
  readonly options: RunOptions;
  /** Gets each item; whether the consumer stops there, unless it throws. */
  readonly see: (item: unknown) => boolean;
}

/** A run that has not begun. */
export interface Reading {
  /** Reads until the consumer stops, or to the end. */
  readonly read: () => Promise<void>;
  /** The figures so far; absent where there is no way to ask for them. */
  readonly metadata?: () => PipelineMetadata;
  /** Leaves the run no time; absent where only its handle can. */
  readonly hurry?: () => Promise<void>;
  /** Stops the run, also while an item is waited for; absent where only a signal can. */
  readonly stop?: () => Promise<unknown>;
}

/** The ends, by name. */
export const ENDS: Readonly<Record<EndName, (parts: EndParts) => Reading>> = {
  execute: ({ pipeline, probe, options, see }) => {
    const items = pipeline.execute(probe.source, options);
    return { read: () => iterate(items, see), stop: () => items.return() };
  },
  array: ({ pipeline, probe, options, see }) => ({
    read: async () => {
      for (const item of await pipeline.executeToArray(probe.source, options)) see(item);
    },
  }),
  reduce: ({ pipeline, probe, options, see }) => ({
    read: () =>
      pipeline.executeReduce(probe.source, (_, item) => void see(item), undefined, options),
  }),
  forEach: ({ pipeline, probe, options, see }) => ({
    read: () => pipeline.executeForEach(probe.source, see, options),
  }),
  withMetadata: ({ pipeline, probe, options, see }) => {
    const items = pipeline.executeWithMetadata(probe.source, options);
    return { read: () => iterate(items, ({ data }) => see(data)), stop: () => items.return() };
  },
  run: ({ pipeline, probe, options, see }) => {
    const run = pipeline.run(probe.source, options);
    return {
      read: () => iterate(run, see),
      metadata: () => run.metadata(),
      hurry: () => run.stop({ deadlineMs: 0 }),
      stop: () => run.abort(REASON),
    };
  },
  "run.readable": ({ pipeline, probe, options, see }) => {
    const run = pipeline.run(probe.source, options);
    return {
      ...readStream(run.readable, see),
      metadata: () => run.metadata(),
      hurry: () => run.stop({ deadlineMs: 0 }),
    };
  },
  toReadableStream: ({ pipeline, probe, options, see }) =>
    readStream(pipeline.toReadableStream(probe.source, NOTHING_AHEAD, options), see),
  toTransformStream: ({ pipeline, probe, options, see }) => {
    const transform = pipeline.toTransformStream(undefined, NOTHING_AHEAD, options);
    return readStream(toPiped(probe.createStream()).pipeThrough(transform as never), see);
  },
};

/**
 * What is piped. A pipe marks as handled that its source cannot be closed: workerd 1.20261023 reports
 * that, whatever it is piped to, so that nothing of it is seen there.
 */
function toPiped(stream: ReadableStream<unknown>): ReadableStream<unknown> {
  if (globalThis.navigator?.userAgent !== "Cloudflare-Workers") return stream;
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason).catch(() => {}),
  }, NOTHING_AHEAD);
}

async function iterate<T>(items: AsyncIterable<T>, see: (item: T) => boolean): Promise<void> {
  for await (const item of items) if (see(item)) break;
}

/** Reads a stream until `see` has seen enough or throws, and cancels it then. */
function readStream(stream: ReadableStream<unknown>, see: (item: unknown) => boolean): Reading {
  const reader = stream.getReader();
  const read = async () => {
    try {
      for (let result = await reader.read(); !result.done; result = await reader.read()) {
        if (see(result.value)) return await reader.cancel(REASON);
      }
    } catch (error) {
      await reader.cancel(error).catch(() => {});
      throw error;
    }
  };
  return { read, stop: () => reader.cancel(REASON) };
}
