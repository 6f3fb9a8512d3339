// Builds a random pipeline of either kind, and runs it on each side of the bridge.

import {
  createStep,
  createStreamingStep,
  Pipeline,
  type RetryOptions,
  singleToList,
  type Step,
  StreamingPipeline,
  type StreamingStep,
} from "../../mod.ts";
import { ANSWERS, isHit, type Item, toNumber } from "./_random_model.ts";
import type { StageSpec } from "./_random_specs.ts";

/** What is thrown: where, and on the how manieth item of its stage. */
export interface Thrown {
  readonly key: string;
  readonly index: number;
}

/** The work of one stage, and how often it was called. */
export class Work {
  readonly spec: StageSpec;
  calls = 0;
  running = 0;
  peak = 0;
  readonly #attempts = new Map<Item, number>();
  readonly #indexes = new Map<Item, number>();

  constructor(spec: StageSpec) {
    this.spec = spec;
  }

  /** What `answer` makes of the item's number, at once or later; or a throw. */
  do<T>(item: Item, answer: (number: number) => T): T | Promise<T> {
    const attempt = (this.#attempts.get(item) ?? 0) + 1;
    this.#attempts.set(item, attempt);
    if (attempt === 1) this.#indexes.set(item, this.#indexes.size);
    this.calls++;
    this.peak = Math.max(this.peak, ++this.running);
    const { hops } = this.spec;
    const make = () => this.#make(item, attempt, answer);
    return hops === 0 ? make() : this.#wait(toNumber(item) % hops, make);
  }

  async #wait<T>(hops: number, make: () => T): Promise<T> {
    for (let hop = 0; hop <= hops; hop++) await undefined;
    return make();
  }

  #make<T>(item: Item, attempt: number, answer: (number: number) => T): T {
    this.running--;
    const { key, op, failure } = this.spec;
    if (isHit(this.spec, item) && attempt <= failure!.times) {
      const index = this.#indexes.get(item)!;
      throw Object.assign(new Error(`${key} fails`), { code: `AT_${key}`, key, op, index });
    }
    return answer(toNumber(item));
  }
}

const one = (n: number): Item => ({ n });

/** The options of a list's stage, which those of a streaming stage have as well. */
function optionsOf({ limit, strategy }: StageSpec, retry?: RetryOptions) {
  return {
    errorStrategy: strategy,
    ...(limit > 0 && { parallel: true, concurrencyLimit: limit }),
    ...(retry && { retry }),
  };
}

function retryOf({ maxAttempts }: StageSpec): RetryOptions | undefined {
  return maxAttempts === 1 ? undefined : { maxAttempts, backoffMs: 5, shouldRetry: () => true };
}

function itemStep(work: Work, answer: (number: number) => number): Step<Item, Item> {
  const retry = retryOf(work.spec);
  const toItem = ({ input }: { input: Item }) => work.do(input, (n) => one(answer(n)));
  return createStep<Item, Item>(work.spec.key, toItem, retry && { retry });
}

function streamStep(work: Work): StreamingStep<Item, Item> {
  const retry = retryOf(work.spec);
  return createStreamingStep<Item, Item>(work.spec.key, async function* ({ input }) {
    for await (const item of input) {
      for (const n of await work.do(item, ANSWERS.many)) yield one(n);
    }
  }, retry && { retry });
}

type Batch = Pipeline<readonly Item[], Item[], unknown>;
type Streaming = StreamingPipeline<Item, Item, unknown>;

/** The batch pipeline of these stages. */
export function buildBatch(works: readonly Work[]): Batch {
  const start = Pipeline.start<readonly Item[]>() as unknown as Batch;
  return works.reduce(appendBatch, start);
}

/** The streaming pipeline of these stages. */
export function buildStreaming(works: readonly Work[]): Streaming {
  return works.reduce(appendStreaming, StreamingPipeline.start<Item>() as Streaming);
}

function appendBatch(pipeline: Batch, work: Work): Batch {
  const { spec } = work;
  const { key, op, count, isTrue } = spec;
  const options = optionsOf(spec, retryOf(spec));
  switch (op) {
    case "map":
      return pipeline.map(key, (item) => work.do(item, (n) => one(ANSWERS.map(n))), options);
    case "map step":
      return pipeline.map(key, itemStep(work, ANSWERS.map), optionsOf(spec));
    case "filter":
      return pipeline.filter(key, (item) => work.do(item, ANSWERS.filter), options);
    case "flatMap":
      return pipeline.flatMap(
        key,
        (item) => work.do(item, (n) => ANSWERS.many(n).map(one)),
        options,
      );
    case "branch": {
      // On the whole list, so its steps are those on an item, made steps on a list.
      const [whenTrue, whenFalse] = sidesOf(work).map((step) =>
        singleToList(step, optionsOf(spec))
      );
      return pipeline.branch(key, () => isTrue, whenTrue!, whenFalse!);
    }
    case "streaming step":
      return pipeline.add(key, streamStep(work));
    case "batch":
      return pipeline.batch(key, count + 1);
    case "flatten":
      return (pipeline as Pipeline<readonly Item[], Item[][], unknown>).flatten(key);
  }
}

function appendStreaming(pipeline: Streaming, work: Work): Streaming {
  const { spec } = work;
  const { key, op, count, isTrue } = spec;
  const options = optionsOf(spec, retryOf(spec));
  switch (op) {
    case "map":
      return pipeline.map(key, (item) => work.do(item, (n) => one(ANSWERS.map(n))), options);
    case "map step":
      return pipeline.map(key, itemStep(work, ANSWERS.map), optionsOf(spec));
    case "filter":
      return pipeline.filter(key, (item) => work.do(item, ANSWERS.filter), options);
    case "flatMap":
      return pipeline.flatMap(
        key,
        (item) => work.do(item, (n) => ANSWERS.many(n).map(one)),
        options,
      );
    case "branch": {
      const [whenTrue, whenFalse] = sidesOf(work);
      return pipeline.branch(key, () => isTrue, whenTrue, whenFalse, optionsOf(spec));
    }
    case "streaming step":
      return pipeline.add(key, streamStep(work));
    case "batch":
      return pipeline.batch(key, count + 1);
    case "flatten":
      return (pipeline as unknown as StreamingPipeline<Item, Item[], unknown>).flatten(key);
  }
}

function sidesOf(work: Work): readonly [Step<Item, Item>, Step<Item, Item>] {
  return [itemStep(work, ANSWERS.whenTrue), itemStep(work, ANSWERS.whenFalse)];
}
