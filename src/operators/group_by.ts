import { DEFAULT_CONCURRENCY_LIMIT, DEFAULT_MAX_KEYS } from "../defaults.ts";
import type { ItemFunction, Stage } from "../engine/stage.ts";
import {
  requireFunction,
  requireInteger,
  requireKey,
  requireKnownOptions,
  requireNumber,
  requireOneOf,
} from "../internal/validation.ts";
import type { GroupByOptions } from "../options.ts";
import { type GroupRunner, Groups } from "./_groups.ts";

const OPTIONS = ["maxKeys", "whenFull", "idleMs", "concurrencyLimit"];

/** What the caller of `groupBy` gave. */
export interface GroupByParts {
  readonly key: string;
  readonly keyOf: unknown;
  readonly build: unknown;
  /** Runs what `build` gives. */
  readonly run: GroupRunner;
  readonly options: GroupByOptions | undefined;
}

/** What the pipelines of the keys make of their items, as it comes. */
export function createGroupByStage(
  { key, keyOf, build, run, options = {} }: GroupByParts,
): Stage {
  requireKey("groupBy", key);
  const subject = { operator: "groupBy", key };
  requireFunction(subject, "its keyOf", keyOf);
  requireFunction(subject, "its build", build);
  requireKnownOptions(subject, options, OPTIONS);
  const { maxKeys, whenFull, idleMs, concurrencyLimit } = options;
  if (maxKeys !== undefined) requireInteger(subject, "maxKeys", maxKeys, 1);
  if (whenFull !== undefined) requireOneOf(subject, "whenFull", whenFull, ["error", "evict"]);
  if (idleMs !== undefined) requireNumber(subject, "idleMs", idleMs, 1);
  if (concurrencyLimit !== undefined) {
    requireInteger(subject, "concurrencyLimit", concurrencyLimit, 1);
  }
  const settings = {
    keyOf: keyOf as ItemFunction,
    run,
    maxKeys: maxKeys ?? DEFAULT_MAX_KEYS,
    whenFull: whenFull ?? "error",
    idleMs: idleMs ?? Infinity,
    concurrencyLimit: concurrencyLimit ?? DEFAULT_CONCURRENCY_LIMIT,
  };
  const base = { key, name: key, operator: "groupBy" };
  return {
    kind: "stream",
    ...base,
    open: (context, control) => new Groups(settings, context, control),
  };
}
