import type { StageOptions } from "@headrace/pipeline";
import type { Operator } from "@headrace/pipeline/core";
import { map } from "@headrace/pipeline/operators";
import {
  requireFunction,
  requireKnown,
  requireName,
  requireTimeout,
  requireTransfer,
} from "./_options.ts";
import { Pool } from "./_pool.ts";
import {
  POOL_OPTIONS,
  readModule,
  readPoolSettings,
  SharedPool,
  type WorkerModule,
  type WorkerPool,
  type WorkerPoolOptions,
} from "./worker_pool.ts";
import type { WorkerExport, WorkerInput, WorkerOutput } from "./worker_types.ts";

const OPTIONS = [
  ...POOL_OPTIONS,
  ...["ordered", "highWaterMark", "errorStrategy", "retry", "policy"],
  ...["export", "transfer", "timeoutMs"],
];

/**
 * How a stage works in workers.
 *
 * @typeParam TName The name of the export.
 * @typeParam TInput What the export takes.
 * @category Workers
 */
export interface InWorkersOptions<TName extends string = string, TInput = unknown>
  extends
    WorkerPoolOptions,
    Pick<
      StageOptions<TInput>,
      "ordered" | "highWaterMark" | "errorStrategy" | "retry" | "timeoutMs" | "policy"
    > {
  /** The export of the module that is called for each item. @default {"default"} */
  readonly export?: TName | undefined;
  /**
   * What of an item is moved to the worker instead of copied, such as `(image) => [image.data.buffer]`.
   * The item cannot be used here afterwards, so that there is no `retry` beside it.
   */
  readonly transfer?: ((item: TInput) => readonly object[]) | undefined;
}

/**
 * Puts in each item's place what a function makes of it in a worker, on another core: for work that keeps
 * a processor busy, such as parsing, hashing, embedding or images.
 *
 * One item comes out per item, in order, or with `ordered: false` as they finish. No worker starts before
 * the first item, and as many run as items need, up to `workers`. Up to `workers` × `itemsPerWorker` items
 * are on their way at a time, when there is demand; `highWaterMark` results wait to be asked for. A worker
 * works on one item after the other. Items and results are copied by structured clone: plain data, typed
 * arrays, maps, dates and the like, but no functions, and no classes of your own.
 *
 * What the function throws fails the item as in any stage, with its stack, cause and code. A failure
 * surfaces after the items before it. An abort, and `timeoutMs`, abort the signal in the worker; where the
 * function still runs after `graceMs`, its worker is ended and replaced. `timeoutMs` counts from when a worker
 * begins with the item. A worker that dies fails its item with `WORKER_CRASHED`, which `retry` tries again.
 * When the run is over, however it ends, its workers have ended; those of a pool end with the pool.
 *
 * @typeParam TModule The module's type: `typeof import("./embed.ts")`. Inferred from a pool.
 * @typeParam TName The name of the export, for a module that has several.
 * @param module The module's address, such as `new URL("./embed.ts", import.meta.url)`; what makes a
 * worker, for bundlers; or a pool that stages and runs share.
 * @param options Which export, how many workers, and what happens when an item fails.
 * @throws {TypeError | RangeError} If an argument or option is not valid.
 * @category Workers
 *
 * @example Square numbers on two cores
 * ```ts
 * import { inWorkers } from "@headrace/workers";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * // Usually a file of its own: new URL("./square.ts", import.meta.url), typeof import("./square.ts").
 * type Square = { square(item: number): number };
 * const module = "data:text/javascript,export const square = (number) => number * number";
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("square", inWorkers<Square>(module, { export: "square", workers: 2 }));
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 4, 9]);
 * ```
 */
export function inWorkers<
  TModule,
  TName extends WorkerExport<TModule> = WorkerExport<TModule>,
  TAccumulated = unknown,
  TContext = unknown,
>(
  module: WorkerModule | WorkerPool<TModule>,
  options: InWorkersOptions<TName, WorkerInput<TModule[TName]>> = {},
): Operator<
  WorkerInput<TModule[TName]>,
  WorkerOutput<TModule[TName]>,
  TAccumulated,
  TContext
> {
  type TInput = WorkerInput<TModule[TName]>;
  requireKnown("make inWorkers()", options, OPTIONS);
  const { export: name = "default", transfer, timeoutMs, ...rest } = options;
  const { workers: _w, itemsPerWorker: _i, graceMs: _g, maxCrashes: _m, ...stage } = rest;
  requireName("make inWorkers()", "export", name);
  requireFunction("make inWorkers()", "transfer", transfer);
  requireTimeout("make inWorkers()", "timeoutMs", timeoutMs);
  if (transfer !== undefined && stage.retry !== undefined) {
    throw new TypeError(
      "Cannot make inWorkers(): retry has no effect together with transfer, for an item that was moved to a " +
        "worker cannot be sent again",
    );
  }
  const { open, settings } = readPool(module, options);
  // Whatever number of workers is allowed, the product is an integer that a stage takes.
  const itemLimit = settings.workers * settings.itemsPerWorker;
  const concurrencyLimit = Math.min(itemLimit, Number.MAX_SAFE_INTEGER);
  // Inferred, they would be those inside of WorkerInput, which is a conditional type.
  return map<TInput, WorkerOutput<TModule[TName]>, TAccumulated, TContext>(
    (item, index, { signal, traceId, spanId, perRun }) =>
      // The function in the worker has the type that its module is said to have.
      open(perRun).run({
        name,
        item,
        index,
        signal,
        traceId,
        spanId,
        transfer: listOf(transfer?.(item)),
        timeoutMs,
      }) as Promise<WorkerOutput<TModule[TName]>>,
    { ...stage, parallel: true, concurrencyLimit },
  );
}

const NOTHING: readonly object[] = [];

/** What `transfer` has said of an item: with nothing, nothing is moved. */
function listOf(moved: readonly object[] | undefined): readonly object[] {
  if (moved === undefined) return NOTHING;
  requireTransfer("send the item to a worker", moved);
  return moved;
}

type PerRun = <T>(open: () => T) => T;

/** Where a run finds its pool: a shared one, or one of its own. */
function readPool(module: unknown, options: WorkerPoolOptions) {
  if (module instanceof SharedPool) {
    const useless = POOL_OPTIONS.find((option) => options[option] !== undefined);
    if (useless !== undefined) {
      throw new TypeError(
        `Cannot make inWorkers(): ${useless} is an option of the pool that it is given`,
      );
    }
    const { pool } = module;
    return { settings: pool.settings, open: (_perRun: PerRun) => pool };
  }
  const source = readModule("make inWorkers()", module);
  const settings = readPoolSettings("make inWorkers()", options);
  const openOwn = () => new SharedPool(new Pool(source, settings));
  return { settings, open: (perRun: PerRun) => perRun(openOwn).pool };
}
