/**
 * Operators as values: a stage without a key.
 *
 * @module
 */

import { isObject } from "../internal/thrown.ts";
import type { Cutoff } from "./cutoff.ts";
import type { Lineage } from "./lineage.ts";
import type { RunScope } from "./scope.ts";
import type { Stage } from "./stage.ts";
import type { PromptIterator } from "../internal/many.ts";
import { guessCopy, refuseValue, requireKey, type Subject } from "../internal/validation.ts";
import type { RunOptions } from "../base/options.ts";

/**
 * What one stage does, as a value: made by a function such as `map` or `batch`, given a key by
 * `use`, put together by `pipe`. It is opaque, belongs to no pipeline, and serves any number of them.
 *
 * @typeParam TInput The type of the items that it reads.
 * @typeParam TOutput The type of the items that come out.
 * @typeParam TAccumulated The state that it needs.
 * @typeParam TContext The context that it needs.
 * @typeParam TValue What state shows under its key, where that is not the item.
 * @category Operators
 */
export interface Operator<
  in TInput,
  out TOutput,
  in TAccumulated = unknown,
  in TContext = unknown,
  out TValue = TOutput,
> {
  /** Carries the types; it exists for the compiler alone. */
  readonly "~signature": (
    input: TInput,
    state: TAccumulated,
    context: TContext,
  ) => { readonly output: TOutput; readonly value: TValue };
}

/** The identity of a stage, before an operator says what it does. */
export interface StagePlace {
  /** The stage's key, unique in its pipeline. */
  readonly key: string;
  /** The name for errors and metadata: a step's own, else the key. */
  readonly name: string;
  /** The function that made the operator, for messages. */
  readonly operator: string;
}

/** The pipeline that uses an operator, for operators that run pipelines of their own. */
export interface StageHost {
  /** The keys of its stages, in order. */
  getKeys(): readonly string[];
  /** Begins a pipeline of the same face and settings, without stages, whose runs have `context`. */
  startInner(context: unknown): unknown;
  /** Runs a pipeline of either face on many items; `undefined` for what is not a pipeline. */
  runInner(
    pipeline: unknown,
    items: unknown,
    options: Pick<RunOptions, "closeTimeoutMs" | "observer">,
    links: InnerRunLinks,
  ): InnerRun | undefined;
}

/** What links the run of a pipeline inside a stage to the run around it. */
export interface InnerRunLinks {
  /** The run that it is in. */
  readonly outer: RunScope;
  /** Called with its stages when they are opened. */
  readonly onOpen?: ((stages: readonly object[]) => void) | undefined;
  /** Knows what its items were made of; absent where that is not traced. */
  readonly lineage: Lineage | undefined;
}

/** What a pipeline inside a stage makes. */
export interface InnerRun extends PromptIterator<unknown> {
  /** Whether a function or a step of it is running. */
  readonly isWorking: boolean;
  /** What the item that came out last was made of; absent where that is not traced. */
  readonly origin: unknown;
  /**
   * Aborts what is in progress: what later stages keep comes out, then `reason` as a failure. False
   * where that must wait until it is asked for more.
   */
  abandon(reason: unknown): boolean;
  /** Ends the sources that its stages read beside what it is given itself. */
  endOthers(reason: unknown): void;
  /** Aborts what is in progress; what later stages keep comes out. */
  giveUp(cutoff: Cutoff): void;
}

/** Makes a stage of an operator; throws where an argument or option is not valid. */
export type BuildStage = (place: StagePlace, host: StageHost) => Stage;

/** Makes the operator that `build` describes. Checks run when it is used, so that they name the key. */
export function createOperator<TInput, TOutput, TAccumulated, TContext, TValue = TOutput>(
  name: string,
  build: BuildStage,
): Operator<TInput, TOutput, TAccumulated, TContext, TValue> {
  const operator = new StageOperator(name, build);
  return operator as unknown as Operator<TInput, TOutput, TAccumulated, TContext, TValue>;
}

/** The stages that `operator` makes where it is used under `key`. */
export function buildStages(operator: unknown, key: string, host: StageHost): readonly Stage[] {
  requireKey(AnyOperator.is(operator) ? operator.name : "use", key);
  requireOperator({ operator: "use", key }, "its operator", operator);
  return operator.build(key, host);
}

/** The stage of an operator that is not piped; for pipelines that are built of other parts. */
export function buildStage(operator: unknown, key: string): Stage {
  return buildStages(operator, key, NO_HOST)[0]!;
}

/** What every operator is at run time. */
export abstract class AnyOperator {
  readonly #isOperator: boolean = true;

  /** Whether a value is one: it may be anything, and is not looked into. */
  static is(value: unknown): value is AnyOperator {
    return isObject(value) && #isOperator in value;
  }

  /** The function that made it, for messages. */
  abstract readonly name: string;
  /** Its stages where it is used under `key`. */
  abstract build(key: string, host: StageHost): readonly Stage[];
}

/** Throws a `TypeError` unless `value` is an operator. */
export function requireOperator(
  subject: Subject,
  what: string,
  value: unknown,
): asserts value is AnyOperator {
  if (AnyOperator.is(value)) return;
  const hint = guessCopy(value, "build");
  refuseValue(subject, what, "an operator such as batch(50)", value, hint);
}

const NO_HOST: StageHost = {
  getKeys: () => [],
  startInner() {
    throw new TypeError("A pipeline cannot be started here");
  },
  runInner: () => undefined,
};

class StageOperator extends AnyOperator {
  readonly name: string;
  readonly #build: BuildStage;

  constructor(name: string, build: BuildStage) {
    super();
    this.name = name;
    this.#build = build;
  }

  build(key: string, host: StageHost): readonly Stage[] {
    return [this.#build({ key, name: key, operator: this.name }, host)];
  }
}
