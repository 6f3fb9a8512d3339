// The stages of a random pipeline and what goes by between them: built from specs, and looked at
// when the run is over.

import type { RetryOptions, StageOptions } from "../../mod.ts";
import { type Policy, rateLimit, semaphore } from "../../src/policies/mod.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { toNumber } from "./numbers.ts";
import type { Loose, Operator } from "./operator.ts";
import { findOperator } from "./operators.ts";
import type { FaultPoint, InputSpec, PolicyName, StageSpec } from "./program.ts";
import { type AnyContext, Work } from "./work.ts";
import { CLOSE_FAILURE, SOURCE_FAILURE, World } from "./world.ts";

/** Items that went by at one place. */
export interface Seen {
  readonly items: unknown[];
  readonly atMs: number[];
}

/** What all chains of a run share. */
export interface Surroundings {
  readonly world: World;
  readonly isObserved: boolean;
  /** Every source of the run but the first. */
  readonly others: SourceProbe[];
}

/** A stage's function, as a builder takes it. */
export type StageCall<T> = (item: unknown, index: number, context: AnyContext) => T | Promise<T>;

const POLICIES: Readonly<Record<PolicyName, () => Policy>> = {
  "admits": () => semaphore(1_000),
  "is narrow": () => semaphore(1),
  "takes time": () => rateLimit({ limit: 2, intervalMs: 3 }),
};

/** One stage of a chain. */
export class Stage {
  readonly spec: StageSpec;
  readonly operator: Operator;
  readonly work: Work;
  /** The pipelines of its groups and branches, in the order in which they were built. */
  readonly inner: Chain[] = [];
  /** Shared by all runs of the stage: that of a group is one of many. */
  readonly policy: Policy | undefined;
  readonly #around: Surroundings;

  constructor(spec: StageSpec, around: Surroundings, before: string | undefined) {
    this.spec = spec;
    this.policy = spec.policy && POLICIES[spec.policy]();
    this.operator = findOperator(spec.op);
    this.work = new Work(spec, around.world, before);
    this.#around = around;
  }

  get world(): World {
    return this.#around.world;
  }

  /** Passes a point of the stage where the fault of the program may happen. */
  meet(point: FaultPoint): undefined | Promise<never> {
    const wasFaulty = this.world.isFaulty;
    try {
      return this.world.meet(point);
    } finally {
      this.work.isHit ||= this.world.isFaulty !== wasFaulty;
    }
  }

  /** The stage's function, answering with what `answer` makes of the item's number. */
  calling<T>(answer: (number: number) => T): StageCall<T> {
    return (item, index, context) =>
      this.work.call(item, index, context, () => answer(toNumber(item)));
  }

  /** Adds the stages of the pipeline with this number to that of a group or branch. */
  openInner(at: number, group: unknown, pipeline: Loose): Loose {
    const chain = new Chain(this.spec.inner![at]!, this.#around, group);
    this.inner.push(chain);
    return chain.build(pipeline);
  }

  /** The items of the other source. */
  get otherItems(): readonly unknown[] {
    const { count, failAfter = count } = this.spec.other!;
    return range(Math.min(count, failAfter));
  }

  /** Whether something has failed in it that fails the stage. */
  hasFailed(): boolean {
    const { strategy = "FAIL_FAST", other } = this.spec;
    return (strategy === "FAIL_FAST" && this.work.failed.length > 0) ||
      other?.failAfter !== undefined ||
      this.inner.some(({ stages }) => stages.some((stage) => stage.hasFailed()));
  }

  /** Opens the other source. */
  openOther(): AsyncIterable<unknown> {
    const probe = createInput(this.spec.other!, this.world, (point) => this.meet(point));
    this.#around.others.push(probe);
    return probe.source;
  }

  /** How its spec asks for another attempt. */
  get retry(): RetryOptions | undefined {
    const { count, maxAttempts = 1 } = this.spec;
    return maxAttempts === 1 ? undefined : { maxAttempts, backoffMs: 1 + count, jitter: 0 };
  }

  /** The options of a stage whose step has `retry` itself. */
  get stepOptions(): Omit<StageOptions, "retry"> {
    const { retry: _, ...options } = this.options;
    return options;
  }

  /** The options that its spec asks for. */
  get options(): StageOptions {
    const { parallel, strategy, timeoutMs } = this.spec;
    return {
      ...(strategy && { errorStrategy: strategy }),
      ...(this.retry && { retry: this.retry }),
      ...(timeoutMs && { timeoutMs }),
      ...(this.policy && { policy: this.policy }),
      ...(parallel && {
        parallel: true,
        concurrencyLimit: parallel.limit,
        ordered: parallel.ordered,
        ...(parallel.highWaterMark !== undefined && { highWaterMark: parallel.highWaterMark }),
      }),
    };
  }
}

/** The stages of one pipeline, that of a group or branch included. */
export class Chain {
  readonly stages: readonly Stage[];
  /** What went by before each stage, and after the last; empty where nothing is observed. */
  readonly seen: readonly Seen[];
  /** Of a group or branch. */
  readonly group: unknown;
  readonly #around: Surroundings;

  constructor(specs: readonly StageSpec[], around: Surroundings, group?: unknown) {
    this.#around = around;
    this.group = group;
    this.stages = specs.map((spec, at) => new Stage(spec, around, this.#keyBefore(specs, at)));
    this.seen = around.isObserved ? [...specs, undefined].map(() => ({ items: [], atMs: [] })) : [];
  }

  /** Adds the stages, and those that observe. */
  build(pipeline: Loose): Loose {
    let built = this.#observe(pipeline, 0);
    for (const [at, stage] of this.stages.entries()) {
      built = this.#observe(stage.operator.build(built, stage), at + 1);
    }
    return built;
  }

  /** Every stage, those of groups and branches included. */
  *all(): Generator<Stage, void, undefined> {
    for (const stage of this.stages) {
      yield stage;
      for (const chain of stage.inner) yield* chain.all();
    }
  }

  #observe(pipeline: Loose, at: number): Loose {
    const seen = this.seen[at];
    if (seen === undefined) return pipeline;
    return pipeline.tap(observerKey(at), (item: unknown) => {
      seen.items.push(item);
      seen.atMs.push(this.#around.world.clock.now());
    });
  }

  #keyBefore(specs: readonly StageSpec[], at: number): string | undefined {
    if (this.#around.isObserved) return observerKey(at);
    const before = specs[at - 1];
    // After a checkpoint, state has the list of all.
    return before?.op === "checkpoint" ? undefined : before?.key;
  }
}

/** The stages that a model asks, of no run. */
export function createStages(specs: readonly StageSpec[]): readonly Stage[] {
  const around = { world: new World({ picks: [0] }), isObserved: false, others: [] };
  return new Chain(specs, around).stages;
}

/** A source as its spec says. */
export function createInput(
  spec: InputSpec,
  world: World,
  meet: (point: "next" | "return") => undefined | Promise<never>,
): SourceProbe {
  const { kind, count, failAfter, failsOnClose, isSlow } = spec;
  return new SourceProbe(kind, {
    items: range(count),
    ...(failAfter !== undefined && { failAfter, failure: SOURCE_FAILURE }),
    ...(failsOnClose && { closeFailure: CLOSE_FAILURE }),
    ...(isSlow && { gate: () => world.wait() }),
    meet,
  });
}

function observerKey(at: number): string {
  return `seen ${at}`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
