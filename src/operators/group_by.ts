// deno-lint-ignore-file ban-types -- the empty intersection is the state of no stages

import { createOperator, type Operator } from "../core/operator.ts";
import type { CorePipeline } from "../core/pipeline.ts";
import type { PipelineOf, StageFunction } from "../base/types.ts";
import { createInnerStage } from "./_inner.ts";
import { DEFAULT_CONCURRENCY_LIMIT, DEFAULT_MAX_KEYS } from "../base/defaults.ts";
import type { ItemFunction } from "../core/context.ts";
import {
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  requireOneOf,
  type Subject,
} from "../internal/validation.ts";
import type { GroupByOptions } from "../base/options.ts";
import { Groups, type GroupSettings } from "./_groups.ts";

const OPTIONS = ["maxKeys", "whenFull", "idleMs", "concurrencyLimit"];

/**
 * Runs a pipeline of its own over the items of each key, and emits what the pipelines make.
 *
 * `build` is called once for each group, with a pipeline to add stages to and the key; what it
 * adds keeps its state, its batches and its windows per key. What groups make comes out as it
 * comes: in order within a key, in none between keys. State shows the stages of the group alone.
 * Where it takes no key, a durable job calls it once more when it is made.
 *
 * Items are read on demand, each when the one before has gone into its group; a group takes its
 * next item when its pipeline asks for it, so that nothing is buffered between. Up to
 * `concurrencyLimit` groups work at a time. A group is ended, and emits what it keeps, when the
 * source ends or fails, when it has had nothing to do for `idleMs`, or when it must make room for
 * another key; a key that comes again waits for its old group to end, and begins a new one. What a
 * group does not read, as after its `take`, is dropped. Over `maxKeys` the stage fails, or ends the
 * group that had its last item longest ago and waits for it; there is one timer at most, and none
 * after the run.
 *
 * A failure of a group's pipeline fails the stage, the other groups are closed, and the group's own
 * error is its `cause`. Where the source or an earlier stage fails, what groups work on is aborted,
 * and what their later stages keep comes out before the error.
 *
 * @typeParam TGroup The type of the groups' keys.
 * @typeParam TOutput The type of the items that come out.
 * @param keyOf A function of `(item, index, context)`, sync or async: what an item belongs to.
 * Keys are compared as those of a `Map` are.
 * @param build Adds the stages of a group.
 * @param options How many groups there are, and for how long.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Items by key
 *
 * @example The pages of each user
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { groupBy } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pages = groupBy(
 *   ({ user }: { user: string; page: string }) => user,
 *   (clicks, user) => clicks.map("page", ({ page }) => `${user} saw ${page}`),
 * );
 * const pipeline = StreamingPipeline.start<{ user: string; page: string }>().use("pages", pages);
 *
 * const clicks = [{ user: "a", page: "home" }, { user: "b", page: "help" }];
 * assertEquals((await pipeline.executeToArray(clicks)).toSorted(), ["a saw home", "b saw help"]);
 * ```
 */
export function groupBy<TInput, TGroup, TOutput, TAccumulated = unknown, TContext = unknown>(
  keyOf: StageFunction<TInput, TGroup, TAccumulated, TContext>,
  build: (
    group: CorePipeline<TInput, TInput, {}, TContext>,
    key: TGroup,
  ) => PipelineOf<TInput, TOutput>,
  options: GroupByOptions = {},
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator("groupBy", (place, host) => {
    requireFunction(place, "its keyOf", keyOf);
    requireFunction(place, "its build", build);
    const settings = { keyOf: keyOf as ItemFunction, ...resolveOptions(place, options) };
    const stage = createInnerStage(host, place, {
      // A function of the group alone adds the same stages for all keys.
      keys: build.length === 1 ? [undefined] : [],
      nameBuild: () => "its build",
      add: build as never,
      open: (run, context, control) => new Groups({ ...settings, run }, context, control),
    });
    // Which group an item is in, and whether that is a new one, depends on earlier items.
    return { ...stage, lineage: undefined };
  });
}

function resolveOptions(
  subject: Subject,
  options: GroupByOptions,
): Omit<GroupSettings, "keyOf" | "run"> {
  requireKnownOptions(subject, options, OPTIONS);
  const {
    maxKeys = DEFAULT_MAX_KEYS,
    whenFull = "error",
    idleMs,
    concurrencyLimit = DEFAULT_CONCURRENCY_LIMIT,
  } = options;
  requireInteger(subject, "maxKeys", maxKeys, 1);
  requireOneOf(subject, "whenFull", whenFull, ["error", "evict"]);
  // None is the default, and may not be given: a timer has an end.
  if (idleMs !== undefined) requireNumber(subject, "idleMs", idleMs, 1);
  requireInteger(subject, "concurrencyLimit", concurrencyLimit, 1);
  return { maxKeys, whenFull, idleMs: idleMs ?? Infinity, concurrencyLimit };
}
