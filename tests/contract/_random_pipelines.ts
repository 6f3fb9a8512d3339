// Builds the pipeline of a scenario.

import { type StageOptions, StreamingPipeline } from "../../mod.ts";
import type { AnyContext } from "../support/call_probe.ts";
import { ANSWERS, toNumber } from "./_random_model.ts";
import type { StageSpec } from "./_random_specs.ts";
import type { StageProbe, World } from "./_random_world.ts";

/** Items are numbers and batches of them. */
export type RandomPipeline = StreamingPipeline<number, unknown, unknown>;

/** A pipeline of the stages that the probes stand for. */
export function buildPipeline(probes: readonly StageProbe[], world: World): RandomPipeline {
  let pipeline: RandomPipeline = StreamingPipeline.start<number>();
  for (const probe of probes) pipeline = append(pipeline, probe, world);
  return pipeline;
}

function append(pipeline: RandomPipeline, probe: StageProbe, world: World): RandomPipeline {
  const { spec } = probe;
  const { key, op, count, strategy } = spec;
  const options = toOptions(spec);
  /** The stage's function, answering with what `answer` makes of the item's number. */
  const calling =
    <T>(answer: (number: number) => T) =>
    (item: unknown, index: number, context: AnyContext): T | Promise<T> =>
      probe.call(item, index, context, () => answer(toNumber(item)));

  switch (op) {
    case "map":
      return pipeline.map(key, calling(ANSWERS.map), options);
    case "flatMap":
      return pipeline.flatMap(key, calling(ANSWERS.many), options);
    case "flatMap later": {
      const answer = (number: number) => yieldSlowly(ANSWERS.many(number), world);
      return pipeline.flatMap(key, calling(answer), options);
    }
    case "filter":
      return pipeline.filter(key, calling(ANSWERS.filter), options);
    case "tap":
      return pipeline.tap(key, calling(() => undefined), options);
    case "takeWhile":
      return pipeline.takeWhile(key, calling(ANSWERS.takeWhile), options);
    case "skipWhile":
      return pipeline.skipWhile(key, calling(ANSWERS.skipWhile), options);
    case "branch": {
      const isOdd = (item: unknown) => ANSWERS.isOdd(toNumber(item));
      const [whenOdd, whenEven] = [calling(ANSWERS.whenOdd), calling(ANSWERS.whenEven)];
      return pipeline.branch(key, isOdd, whenOdd, whenEven, options);
    }
    case "step":
      return pipeline.add(key, createStep(probe), { errorStrategy: strategy });
    case "step per item": {
      const step = { name: key, execute: createStep(probe) };
      return pipeline.map(key, step, toOptions({ ...spec, isParallel: true }));
    }
    case "take":
      return pipeline.take(key, count);
    case "skip":
      return pipeline.skip(key, count);
    case "batch":
      return pipeline.batch(key, count + 1);
    case "through":
      return pipeline.through(key, () => new TransformStream());
    case "buffer":
      return pipeline.buffer(key, count + 1);
  }
}

function toOptions(spec: StageSpec): StageOptions {
  const { isParallel, limit, ordered, highWaterMark, strategy, maxAttempts } = spec;
  return {
    errorStrategy: strategy,
    ...(maxAttempts > 1 && { retry: { maxAttempts, backoffMs: 5, shouldRetry: () => true } }),
    ...(isParallel && { parallel: true, concurrencyLimit: limit, ordered }),
    ...(isParallel && highWaterMark !== undefined && { highWaterMark }),
  };
}

interface StepParts extends AnyContext {
  readonly input: AsyncIterable<unknown>;
}

/** A generator that calls the function for each item that it reads. */
function createStep(probe: StageProbe) {
  // Outside of the generator: it may be started again.
  let index = 0;
  return async function* ({ input, signal }: StepParts): AsyncGenerator<unknown> {
    for await (const item of input) {
      yield await probe.call(item, index++, { signal }, () => ANSWERS.map(toNumber(item)));
    }
  };
}

async function* yieldSlowly(items: readonly number[], world: World): AsyncGenerator<number> {
  for (const item of items) {
    await world.wait();
    yield item;
  }
}
