/**
 * What a stage can be given as its work, turned into the function that the engine calls per item.
 *
 * @module
 */

import {
  type FunctionContext,
  InputContext,
  type ItemFunction,
  type StreamContext,
} from "../core/context.ts";
import { StepFailure } from "../internal/step_failure.ts";
import { hasProperty, isObject, readProperty, tagOf } from "../internal/thrown.ts";
import {
  isRecord,
  refuseValue,
  requireFunction,
  requireText,
  type Subject,
} from "../internal/validation.ts";
import type { RetryOptions, StepMemory } from "../base/options.ts";
import type { Step, StepResult } from "../base/step_types.ts";
import type { HybridStep } from "../base/types.ts";

/** A stage's work, checked. */
export type Work =
  & {
    /** The step's name; the key where the work is a function. */
    readonly name: string;
    /** How the step itself asks for failed items to be tried again. */
    readonly retry?: number | RetryOptions | undefined;
  }
  & (
    | { readonly kind: "function"; readonly call: ItemFunction }
    | { readonly kind: "step"; readonly call: ItemFunction; readonly step: AnyStep }
    | { readonly kind: "streaming"; readonly step: AnyStreamingStep }
  );

/** A {@linkcode StreamingStep} with its types removed. */
export interface AnyStreamingStep {
  readonly name: string;
  readonly execute: (context: StreamContext) => AsyncIterable<unknown>;
  readonly memory?: StepMemory<unknown, unknown> | undefined;
}

/** A {@linkcode Step} with its types removed. */
export type AnyStep = Step<unknown, unknown>;

/** Distinguishes functions, steps and streaming steps; throws a `TypeError` for anything else. */
export function toWork(subject: Subject & { readonly key: string }, given: unknown): Work {
  if (typeof given === "function") {
    return { kind: "function", name: subject.key, call: given as ItemFunction };
  }
  if (isHybrid(given)) return toWork(subject, given.streaming);
  const [name, execute] = [readProperty(given, "name"), readProperty(given, "execute")];
  const isPipeline = hasProperty(given, "getStageNames");
  if (execute === undefined || isPipeline) {
    const rest = isRecord(given) ? "; options come last" : "";
    const hint = isPipeline ? "; compose adds a pipeline, partition two" : rest;
    refuseValue(subject, "its work", "a function or a step", given, hint);
  }
  requireFunction(subject, "the step's execute", execute);
  requireText(subject, "the step's name", name);
  const retry = readProperty(given, "retry") as Work["retry"];
  if (isStep(given)) {
    return {
      kind: "step",
      name,
      retry,
      step: given,
      call: (item, _index, context) => callStep(given, item, context),
    };
  }
  return { kind: "streaming", name, retry, step: given as AnyStreamingStep };
}

/** Runs a streaming step on one item; the answer is the iterable of its items. */
export function callStreamingStep(
  step: AnyStreamingStep,
  item: unknown,
  context: FunctionContext,
): AsyncIterable<unknown> {
  const inner = new InputContext(context, yieldOnce(item));
  if (step.memory !== undefined) inner.kept = step.memory.restore(undefined);
  return step.execute(inner);
}

/** Whether `given` has a body for either kind of pipeline. */
export function isHybrid(given: unknown): given is HybridStep<unknown, unknown> {
  return readProperty(given, "isHybridStep") === true;
}

/** A step written by hand has no mark: an async function makes a result, others a stream. */
function isStep(given: unknown): given is AnyStep {
  if (readProperty(given, "isStep") === true) return true;
  if (readProperty(given, "isStreamingStep") === true) return false;
  const execute = readProperty(given, "execute");
  return tagOf(execute as object) === "[object AsyncFunction]";
}

async function callStep(
  step: AnyStep,
  item: unknown,
  context: FunctionContext,
): Promise<unknown> {
  const result = await runStep(step, item, context);
  if (result.success) return result.data;
  throw new StepFailure(step.name, result.error);
}

/** Runs a step on a value and checks that what it returns is a result. */
export async function runStep(
  step: AnyStep,
  input: unknown,
  { state, context, signal, traceId, spanId, closeTimeoutMs, observer, perRun }: FunctionContext,
): Promise<StepResult<unknown>> {
  const result = await step.execute({
    input,
    state: state.accumulated,
    context,
    signal,
    traceId,
    spanId,
    closeTimeoutMs,
    ...(observer && { observer }),
    perRun,
  });
  return requireResult(step.name, result);
}

/** Throws a `TypeError` unless a step has returned a result. */
export function requireResult(name: string, result: unknown): StepResult<unknown> {
  if (isObject(result) && "success" in result) {
    const { success, error } = result as { readonly success: unknown; readonly error?: unknown };
    if (success || (error !== undefined && error !== null)) return result as StepResult<unknown>;
  }
  throw new TypeError(
    `Step "${name}" must return { success, data, metadata } or { success, error, metadata }`,
  );
}

async function* yieldOnce(item: unknown): AsyncGenerator<unknown, void, undefined> {
  yield item;
}
