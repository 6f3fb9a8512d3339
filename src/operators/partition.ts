import type { ItemFunction, Stage } from "../engine/stage.ts";
import { isPromiseLike } from "../internal/promises.ts";
import { requireFunction, requireKey } from "../internal/validation.ts";
import { type GroupRunner, Groups } from "./_groups.ts";

/** What the caller of `partition` gave. */
export interface PartitionParts {
  readonly key: string;
  readonly predicate: unknown;
  readonly whenTrue: unknown;
  readonly whenFalse: unknown;
  /** Runs what one of the two gives. */
  readonly run: GroupRunner;
}

/** What one of two pipelines makes of the items, as a predicate decides, as it comes. */
export function createPartitionStage(
  { key, predicate, whenTrue, whenFalse, run }: PartitionParts,
): Stage {
  requireKey("partition", key);
  const subject = { operator: "partition", key };
  requireFunction(subject, "its predicate", predicate);
  requireFunction(subject, "its whenTrue", whenTrue);
  requireFunction(subject, "its whenFalse", whenFalse);
  const keyOf: ItemFunction = (item, index, context) => {
    const answer = (predicate as ItemFunction)(item, index, context);
    return isPromiseLike(answer) ? answer.then(Boolean) : Boolean(answer);
  };
  const settings = {
    keyOf,
    run,
    maxKeys: 2,
    whenFull: "error" as const,
    idleMs: Infinity,
    concurrencyLimit: 2,
  };
  const base = { key, name: key, operator: "partition" };
  return {
    kind: "stream",
    ...base,
    open: (context, control) => new Groups(settings, context, control),
  };
}
