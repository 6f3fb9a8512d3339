import type { RunHooks, RunObserver, StageHooks } from "@headrace/pipeline";
import { hasMethod, show } from "./_options.ts";

/**
 * Makes one observer of several. Each sees the run; their hooks are called in order, and of those that
 * wrap calls the first is the outermost. Of several ids the first counts. What one throws, or rejects with,
 * keeps no other from hearing of a retry or a failure.
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
  const calls = all.filter(({ call }) => call !== undefined);
  const inner = all.filter(({ inner }) => inner !== undefined);
  return {
    spanId: all.find(({ spanId }) => spanId !== undefined)?.spanId,
    call: calls.length === 0 ? undefined : (work, index) => around(calls, work, index),
    retried: (error, attempt, index) => {
      return callAll(all.map((hooks) => () => hooks.retried?.(error, attempt, index)));
    },
    failed: (error) => callAll(all.map((hooks) => () => hooks.failed?.(error))),
    inner: inner.length === 0
      ? undefined
      : observers(...inner.map((hooks): RunObserver => (run) => hooks.inner!(run))),
  };
}

/**
 * Calls all, whatever one of them throws; throws or rejects with that. Where one is async, the promise of
 * all is returned.
 */
function callAll(hooks: readonly (() => unknown)[]): void {
  const failures: unknown[] = [];
  const note = (thrown: unknown) => void failures.push(thrown);
  const pending: Promise<unknown>[] = [];
  for (const hook of hooks) {
    try {
      const answer = hook();
      if (hasMethod(answer, "then")) pending.push(Promise.resolve(answer).catch(note));
    } catch (thrown) {
      note(thrown);
    }
  }
  const report = () => {
    if (failures.length > 1) throw new AggregateError(failures, "Several observers have failed");
    if (failures.length === 1) throw failures[0];
  };
  // The types of hooks let them answer with anything.
  if (pending.length > 0) return Promise.all(pending).then(report) as unknown as void;
  report();
}

/** `work` inside of the calls of all, the first of which is the outermost. */
function around(calls: readonly StageHooks[], work: () => unknown, index: number): unknown {
  let inside = work;
  for (const hooks of calls.toReversed()) {
    const within = inside;
    inside = () => hooks.call!(within, index);
  }
  return inside();
}
