import { guardCall } from "../parts/guard.ts";
import type { StageFunction } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { REPLACE } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import { createDeferred, isPromiseLike, toPromise } from "../internal/promises.ts";
import { requireFunction, requireInteger, requireKnownOptions } from "../internal/validation.ts";
import type { MapPartitionedOptions } from "../base/options.ts";
import { throwIfAborted } from "./_kept.ts";
import { KeyQueues } from "./_key_queues.ts";
import { CALL_OPTIONS, resolveStageOptions } from "./_options.ts";

const OPTIONS = ["concurrencyLimit", "waitingLimit", "highWaterMark", "ordered"];

/**
 * Replaces each item by what `work` makes of it, many at a time, but one after the other for
 * each key.
 *
 * One item comes out per item. Those of one key come out in their order; others as they finish,
 * unless `ordered`. At most `concurrencyLimit` calls run; `waitingLimit` more items are read ahead
 * to wait for an earlier one of their key, and `highWaterMark` results wait to be asked for. Keys
 * are compared as those of a `Map` are, and forgotten when nothing of theirs is left. An item that
 * is tried again holds up its key, and no other. A failure aborts what is in flight.
 *
 * @typeParam TOutput The type of the items that come out.
 * @param work A function of `(item, index, context)`, sync or async.
 * @param options How many are worked on at a time, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Items by key
 *
 * @example One call at a time per account
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { mapPartitioned } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const booked = mapPartitioned(
 *   ({ account }: { account: string; amount: number }) => account,
 *   ({ account, amount }) => Promise.resolve(`${account} ${amount}`),
 * );
 * const pipeline = StreamingPipeline.start<{ account: string; amount: number }>()
 *   .use("booked", booked);
 *
 * const orders = [{ account: "a", amount: 1 }, { account: "b", amount: 2 }];
 * assertEquals(await pipeline.executeToArray(orders), ["a 1", "b 2"]);
 * ```
 */
export function mapPartitioned<TInput, TOutput, TAccumulated = unknown, TContext = unknown>(
  keyOf: StageFunction<TInput, unknown, TAccumulated, TContext>,
  work: StageFunction<TInput, TOutput, TAccumulated, TContext>,
  options: MapPartitionedOptions<NoInfer<TInput>> = {},
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator("mapPartitioned", (place) => {
    requireFunction(place, "its keyOf", keyOf);
    requireFunction(place, "its function", work);
    requireKnownOptions(place, options, [...OPTIONS, ...CALL_OPTIONS]);
    const { waitingLimit, ordered = false, ...rest } = options;
    const stageOptions = { ...rest, ordered, parallel: true };
    const resolved = resolveStageOptions(place, stageOptions);
    const { parallel, retry, timeoutMs, policy, ...settings } = resolved;
    if (waitingLimit !== undefined) requireInteger(place, "waitingLimit", waitingLimit, 0);
    const paces = parallel!;
    return {
      kind: "item",
      ...place,
      outcome: REPLACE,
      ...settings,
      paces,
      parallel: {
        ordered,
        // They may change, where a policy says the limit.
        get highWaterMark() {
          return paces.highWaterMark;
        },
        get concurrencyLimit() {
          return paces.concurrencyLimit + (waitingLimit ?? paces.concurrencyLimit);
        },
      },
      open(control) {
        const guarded = { retry, timeoutMs, policy };
        const call = guardCall(work as ItemFunction, guarded, control.run);
        const queues = new KeyQueues(paces);
        return {
          call: inQueues(call, keyOf as ItemFunction, queues),
          giveUp: (reason) => queues.shutAll(reason),
        };
      },
    };
  });
}

function inQueues(call: ItemFunction, keyOf: ItemFunction, queues: KeyQueues): ItemFunction {
  /** Set while an item waits for its key: those after it may not pass it. */
  let entrance: Promise<unknown> | undefined;
  return (item, index, context) => {
    const work = () => call(item, index, context);
    const workLater = () => {
      throwIfAborted(context);
      return work();
    };
    const key = keyOf(item, index, context);
    if (entrance === undefined && !isPromiseLike(key)) return queues.run(key, work, workLater);
    const outcome = createDeferred<unknown>();
    const entering = entrance = Promise.allSettled([toPromise(key), entrance]).then(([found]) => {
      if (entrance === entering) entrance = undefined;
      if (found.status === "rejected") return outcome.reject(found.reason);
      const { aborted, reason } = context.signal;
      if (aborted) queues.shut(found.value, reason);
      queues.runLater(found.value, workLater, outcome);
    });
    return outcome.promise;
  };
}
