/**
 * One keyed entry of a batch pipeline: it turns one value into the next. The engine runs it as a
 * stage of a stream whose one item is that value.
 *
 * @module
 */

import { guardCall } from "../parts/guard.ts";
import { REPLACE, type Stage } from "../core/stage.ts";
import type { FunctionContext, ItemFunction } from "../core/context.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import type { ListOperationMetadata } from "../base/step_types.ts";
import { WholeContext, WholeState } from "./whole_state.ts";

/** Called with the counts of a list when its run has ended, failed or not. */
export type ListReport = (list: ListOperationMetadata) => void;

/** Resolves with the next value; rejects where the step fails. */
export type BatchFunction = (
  value: unknown,
  context: FunctionContext,
  report: ListReport,
) => Promise<unknown>;

/** One keyed entry of a batch pipeline. */
export interface BatchStage {
  /** The stage's key, unique in its pipeline. */
  readonly key: string;
  /** The name in errors and metadata: that of the step, else the key. */
  readonly name: string;
  /** The builder method that made it, for messages. */
  readonly operator: string;
  /** The retries of a step on the whole value; those of a list are per item, inside `call`. */
  readonly retry?: RetrySettings;
  /** Whether its value is a source: closed where the run ends before the stage has begun. */
  readonly readsSource?: boolean;
  readonly call: BatchFunction;
}

/**
 * Called when an attempt of a stage begins. The function that it returns is called when the attempt
 * has ended, with the counts of its list.
 */
export type StageReport = (
  stage: Pick<BatchStage, "key" | "name">,
  context: FunctionContext,
) => (list: ListOperationMetadata | undefined) => void;

/** What a stage shares with the others of its run. */
export interface StageSurroundings {
  /** The state, which steps may write to; a copy of the item's path where absent. */
  readonly state?: unknown;
  readonly report?: StageReport;
}

/** The engine's form of `stage`. */
export function toItemStage(
  { call, ...stage }: BatchStage,
  surroundings: StageSurroundings = {},
): Stage {
  return {
    kind: "item",
    ...stage,
    guard: stage.retry && guardCall,
    isBatch: true,
    outcome: REPLACE,
    open: () => ({ call: toItemFunction(stage, call, surroundings) }),
  };
}

function toItemFunction(
  stage: Pick<BatchStage, "key" | "name">,
  call: BatchFunction,
  { state, report }: StageSurroundings,
): ItemFunction {
  return async (value, _index, outer) => {
    const seen = state ?? { ...outer.state.accumulated as object };
    const context = new WholeContext(outer, new WholeState(seen));
    const end = report?.(stage, context);
    let listMetadata: ListOperationMetadata | undefined;
    try {
      return await call(value, context, (list) => {
        listMetadata = list;
      });
    } finally {
      end?.(listMetadata);
    }
  };
}
