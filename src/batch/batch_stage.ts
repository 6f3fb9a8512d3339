/**
 * One keyed entry of a batch pipeline: it makes one value of one value. The engine runs it as it
 * runs the stages of a stream of which that value is an item.
 *
 * @module
 */

import { type FunctionContext, type ItemFunction, REPLACE, type Stage } from "../engine/stage.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import type { ListOperationMetadata } from "../step_types.ts";

/** Takes what is known of a list when the work on it is over, also where it has failed. */
export type ListReport = (list: ListOperationMetadata) => void;

/** Makes the next value; rejects where the step fails. */
export type BatchFunction = (
  value: unknown,
  context: FunctionContext,
  report: ListReport,
) => Promise<unknown>;

/** One keyed entry of a batch pipeline. */
export interface BatchStage {
  /** The stage's key, unique in its pipeline. */
  readonly key: string;
  /** The name for errors and metadata: a step's own, else the key. */
  readonly name: string;
  /** The builder method that made it, for messages. */
  readonly operator: string;
  /** How a step on the whole value is tried again; a list has this per item, inside `call`. */
  readonly retry?: RetrySettings;
  readonly call: BatchFunction;
}

/**
 * Told when an attempt at a stage begins; what it returns is told when the attempt is over, with
 * what became of its list.
 */
export type StageReport = (
  stepName: string,
  context: FunctionContext,
) => (list: ListOperationMetadata | undefined) => void;

/** The engine's form of `stage`; `report` is told of each attempt. */
export function toItemStage({ call, ...stage }: BatchStage, report?: StageReport): Stage {
  return {
    kind: "item",
    ...stage,
    isBatch: true,
    outcome: REPLACE,
    open: () => ({ call: reported(stage.name, call, report) }),
  };
}

function reported(
  stepName: string,
  call: BatchFunction,
  report: StageReport | undefined,
): ItemFunction {
  return async (value, _index, context) => {
    const end = report?.(stepName, context);
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
