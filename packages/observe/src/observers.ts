import type { RunHooks, RunObserver, StageHooks } from "@headrace/pipeline";
import { show } from "./_options.ts";

type Call = NonNullable<StageHooks["call"]>;

/**
 * Makes one observer of several. Each sees the run; their hooks are called in order, and of those that
 * wrap calls the first is the outermost. Of several ids the first counts.
 *
 * @param given Observers, such as `(run) => progress(run)`.
 * @throws {TypeError} If one is no function.
 * @category Observing
 *
 * @example Progress and a log of the same run
 * ```ts
 * import { account, observers } from "@headrace/observe";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const ids: string[] = [];
 * const observer = observers((run) => account(run), (run) => void ids.push(run.traceId));
 * await StreamingPipeline.start<number>().executeToArray([1], { observer });
 *
 * assertEquals(ids.length, 1);
 * ```
 */
export function observers(...given: readonly RunObserver[]): RunObserver {
  for (const observer of given) {
    if (typeof observer === "function") continue;
    throw new TypeError(`Cannot join observers: each must be a function, got ${show(observer)}`);
  }
  return (run) => joinRunHooks(given.map((observer) => observer(run)));
}

function joinRunHooks(given: readonly (RunHooks | void)[]): RunHooks {
  const all = given.filter((hooks) => hooks !== undefined);
  return {
    traceId: all.find(({ traceId }) => traceId !== undefined)?.traceId,
    stage: (stage) => joinStageHooks(all.map((hooks) => hooks.stage?.(stage))),
  };
}

function joinStageHooks(given: readonly (StageHooks | void)[]): StageHooks | undefined {
  const all = given.filter((hooks) => hooks !== undefined);
  if (all.length < 2) return all[0];
  const calls = all.flatMap(({ call }) => call ?? []);
  const inner = all.flatMap(({ inner }) => inner ?? []);
  return {
    spanId: all.find(({ spanId }) => spanId !== undefined)?.spanId,
    call: calls.length === 0 ? undefined : (work, index) => around(calls, work, index),
    retried: (error, attempt, index) => {
      for (const { retried } of all) retried?.(error, attempt, index);
    },
    failed: (error) => {
      for (const { failed } of all) failed?.(error);
    },
    inner: inner.length === 0 ? undefined : observers(...inner),
  };
}

/** `work` inside of all `calls`, the first of which is the outermost. */
function around(calls: readonly Call[], work: () => unknown, index: number): unknown {
  let inside = work;
  for (const call of calls.toReversed()) {
    const within = inside;
    inside = () => call(within, index);
  }
  return inside();
}
