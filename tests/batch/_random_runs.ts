// Builds and runs a random batch pipeline, and notes what its work is asked to do.

import {
  createStep,
  createTransform,
  type ListOptions,
  Pipeline,
  singleToList,
  type StepResult,
} from "../../mod.ts";
import { type FakeClock, withFakeClock } from "../support/fake_clock.ts";
import { settle, settleMicrotasks, watch } from "../support/turns.ts";
import { coded } from "./_helpers.ts";
import { answerOf, codeOf } from "./_random_model.ts";
import { MAX_ATTEMPTS, type Scenario, type StageSpec } from "./_random_specs.ts";

const TURNS_TO_GIVE_UP = 500;

/** The builder with its types removed: a random chain has none. */
interface Loose {
  add(key: string, step: unknown): Loose;
  map(key: string, work: unknown, options?: ListOptions): Loose;
  flatMap(key: string, work: unknown, options?: ListOptions): Loose;
  filter(key: string, predicate: unknown, options?: ListOptions): Loose;
  batch(key: string, size: number): Loose;
  flatten(key: string): Loose;
  execute(input: unknown): Promise<StepResult<unknown>>;
}

/** The work of one stage, and what was asked of it. */
export class Worker {
  /** How often each item was tried, by index. */
  readonly attempts: number[] = [];
  running = 0;
  peak = 0;
  readonly #spec: StageSpec;

  constructor(spec: StageSpec) {
    this.#spec = spec;
  }

  /** What becomes of the item with this index: a value, a promise, or a throw. */
  work(item: unknown, index: number): unknown {
    const { behaviours } = this.#spec;
    const behaviour = behaviours[index % behaviours.length]!;
    const attempt = this.attempts[index] = (this.attempts[index] ?? 0) + 1;
    const answer = () => {
      if (attempt <= behaviour.failures) throw coded(codeOf(behaviour), { index });
      return answerOf(this.#spec, behaviour, item);
    };
    this.peak = Math.max(this.peak, ++this.running);
    if (behaviour.hops > 0) return this.#later(behaviour.hops, answer);
    try {
      return answer();
    } finally {
      this.running--;
    }
  }

  async #later(hops: number, answer: () => unknown): Promise<unknown> {
    try {
      for (let hop = 0; hop < hops; hop++) await undefined;
      return answer();
    } finally {
      this.running--;
    }
  }
}

/** What came of a run. */
export interface RandomRun {
  readonly result: StepResult<unknown>;
  readonly workers: readonly Worker[];
  /** What the last step saw of the state, where the run got that far. */
  readonly state: unknown;
  readonly timers: number;
}

/** Runs `scenario` on fake time. */
export function runScenario({ input, stages }: Scenario): Promise<RandomRun> {
  return withFakeClock(async (clock) => {
    const workers = stages.map((spec) => new Worker(spec));
    let state: unknown;
    let pipeline = Pipeline.start<unknown[]>() as unknown as Loose;
    for (const [position, spec] of stages.entries()) {
      pipeline = append(pipeline, `s${position}`, spec, workers[position]!);
    }
    const look = createTransform("look", (value: unknown, seen: object) => {
      state = { ...seen };
      return value;
    });
    const done = watch(pipeline.add("look", look).execute(input));
    await drive(done, clock);
    await settle();
    if (done.state !== "resolved") throw done.error;
    return { result: done.value!, workers, state, timers: clock.waiting };
  });
}

async function drive(done: { readonly state: string }, clock: FakeClock): Promise<void> {
  for (let turns = 0; done.state === "pending"; turns++) {
    await settleMicrotasks();
    if (clock.waiting > 0 && done.state === "pending") {
      clock.fireNext();
      turns = 0;
    } else if (turns > TURNS_TO_GIVE_UP) throw new Error("The run waits for nothing");
    else await settle();
  }
}

function append(pipeline: Loose, key: string, spec: StageSpec, worker: Worker): Loose {
  const options: ListOptions = {
    errorStrategy: spec.strategy,
    ...(spec.limit > 0 && { parallel: true, concurrencyLimit: spec.limit }),
    ...(spec.retry && { retry: { maxAttempts: MAX_ATTEMPTS, backoffMs: 10 } }),
  };
  const work = (item: unknown, index: number) => worker.work(item, index);
  // A step is not told the index of its item, so it comes with the item.
  const indexed = ({ input }: { input: Indexed }) => worker.work(input.item, input.index);
  switch (spec.method) {
    case "map":
    case "flatMap":
    case "filter":
      return pipeline[spec.method](key, work, options);
    case "map step":
      return pipeline
        .map(`${key} indexed`, withIndex)
        .map(key, createStep(key, indexed), options);
    case "list step":
      return pipeline
        .map(`${key} indexed`, withIndex)
        .add(key, singleToList(createStep(key, indexed), options));
    case "batch and flatten":
      return pipeline.batch(`${key} batched`, spec.behaviours.length).flatten(key);
  }
}

interface Indexed {
  readonly item: unknown;
  readonly index: number;
}

const withIndex = (item: unknown, index: number): Indexed => ({ item, index });
