import { createStreamStage } from "./_stream_stage.ts";
import type { StageContext } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { DROP, EXPAND, GATHER } from "../core/stage.ts";
import type { FlowControl, ItemFunction } from "../core/context.ts";
import {
  isRecord,
  refuse,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  requireOneOf,
  requirePositive,
  type Subject,
} from "../internal/validation.ts";
import type { BatchOptions } from "../base/options.ts";
import {
  Batcher,
  type BatchLimits,
  requireWeight,
  restoreItems,
  type SavedBatch,
} from "./_batcher.ts";
import { emit, failAfter } from "./_gather.ts";
import { keepAnswer } from "./_kept.ts";
import { TimedBatches } from "./_timed_batch.ts";

const OPTIONS = ["size", "maxWaitMs", "maxWeight", "weigh", "oversize"];

/**
 * Gathers items into arrays: `TCurrentOutput[]`, length `size`; the last may be shorter, none is
 * empty.
 *
 * A batch comes out as soon as it is full. When the source ends or fails, what was gathered comes
 * out first. With options instead of a size, the first limit to be reached closes a batch: the
 * number of its items, the time since its first item came in, or the weight of its items.
 *
 * With a size or a weight alone, no item is read that was not asked for. With `maxWaitMs`, a batch
 * that has begun is read on to its limits also while no `next()` is pending, so that one that is due and not
 * taken grows no further than that; the time of the next batch begins with its own first item.
 * A run that is closed leaves no timer. A failure surfaces after what was gathered before it.
 *
 * @param size How many items, a positive integer, or what else closes a batch.
 * @throws {TypeError | RangeError} When it is used, if `size` or an option is not valid.
 * @category Several items together
 *
 * @example Two items at most, and ten characters
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { batch } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const texts = batch({ size: 2, maxWeight: 10, weigh: (text: string) => text.length });
 * const pipeline = StreamingPipeline.start<string>().use("texts", texts);
 *
 * assertEquals(
 *   await pipeline.executeToArray(["one", "two", "three", "thirteen"]),
 *   [["one", "two"], ["three"], ["thirteen"]],
 * );
 * ```
 */
export function batch<TInput, TAccumulated = unknown, TContext = unknown>(
  size: number | BatchOptions<TInput, StageContext<TAccumulated, TContext>>,
): Operator<TInput, TInput[], TAccumulated, TContext> {
  return createOperator("batch", (place) => {
    const { maxWaitMs, weigh, ...limits } = resolveOptions(place, size);
    if (maxWaitMs !== undefined) {
      return createStreamStage(
        place,
        (context, control) => new TimedBatches({ ...limits, maxWaitMs, weigh }, context, control),
        { isResumable: true, lineage: "follow", maxWaitMs },
      );
    }
    if (weigh !== undefined) {
      const open = (control: FlowControl) => openByWeight(limits, weigh, control);
      return { kind: "item", ...place, outcome: EXPAND, open };
    }
    return {
      kind: "item",
      ...place,
      outcome: GATHER,
      open: (control) => openBySize(limits.size, control),
    };
  });
}

interface Limits extends BatchLimits {
  readonly maxWaitMs?: number | undefined;
  readonly weigh?: ItemFunction | undefined;
}

function resolveOptions(subject: Subject, given: number | BatchOptions<never, never>): Limits {
  // A function is no object here: it is refused as a size, as all that is neither.
  if (!isRecord(given)) {
    requireInteger(subject, "size", given, 1);
    return { size: given, maxWeight: Infinity, oversize: "alone" };
  }
  requireKnownOptions(subject, given, OPTIONS);
  const { size, maxWaitMs, maxWeight, weigh, oversize } = given;
  if (size !== undefined) requireInteger(subject, "size", size, 1);
  if (maxWaitMs !== undefined) requireNumber(subject, "maxWaitMs", maxWaitMs, 1);
  if (maxWeight !== undefined) requirePositive(subject, "maxWeight", maxWeight);
  if (weigh !== undefined) requireFunction(subject, "weigh", weigh);
  if (oversize !== undefined) requireOneOf(subject, "oversize", oversize, ["alone", "error"]);
  const problem = findProblem(given);
  if (problem !== undefined) refuse(subject, problem);
  return {
    size: size ?? Infinity,
    maxWeight: maxWeight ?? Infinity,
    oversize: oversize ?? "alone",
    maxWaitMs,
    weigh: weigh as ItemFunction | undefined,
  };
}

function findProblem(options: BatchOptions<never, never>): string | undefined {
  const { size, maxWaitMs, maxWeight, weigh, oversize } = options;
  if (weigh === undefined && maxWeight !== undefined) return "maxWeight needs weigh";
  if (weigh !== undefined && maxWeight === undefined) return "weigh needs maxWeight";
  if (oversize !== undefined && maxWeight === undefined) return "oversize needs maxWeight";
  if (size ?? maxWaitMs ?? maxWeight) return undefined;
  return "one of size, maxWaitMs and maxWeight must be given, or no batch is ever full";
}

function openBySize(size: number, control: FlowControl) {
  let batch: unknown[] = [];
  control.keep({
    version: 2,
    snapshot: (): SavedBatch => ({ items: batch }),
    restore: (saved: SavedBatch) => batch = restoreItems(saved, size),
  });
  const take = () => {
    const full = batch;
    batch = [];
    return full;
  };
  return {
    call: (item: unknown) => batch.push(item) < size ? DROP : take(),
    flush: () => batch.length === 0 ? DROP : take(),
    bufferedCount: () => batch.length,
  };
}

function openByWeight(limits: BatchLimits, weigh: ItemFunction, control: FlowControl) {
  const batcher = new Batcher(limits);
  control.keep(batcher);
  const fail = (error: unknown) => failAfter(batcher.take(), error, control);
  const call: ItemFunction = (item, index, context) => {
    const add = (weight: unknown) => {
      requireWeight(weight);
      const path = control.path();
      return emit(batcher.add(item, weight, path, control), control, path);
    };
    try {
      const weight = weigh(item, index, context);
      return keepAnswer(weight, context, add, fail);
    } catch (error) {
      return fail(error);
    }
  };
  return { call, flush: () => emit(batcher.take(), control), bufferedCount: () => batcher.length };
}
