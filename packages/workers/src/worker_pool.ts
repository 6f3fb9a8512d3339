import type { WorkerLike } from "./_host.ts";
import {
  MAX_TIMER_MS,
  readInteger,
  requireKnown,
  requireName,
  requireSignal,
  requireTimeout,
  requireTransfer,
  show,
} from "./_options.ts";
import { Pool, type PoolSettings } from "./_pool.ts";
import type { WorkerSource } from "./_pooled_worker.ts";
import type { WorkerExport, WorkerInput, WorkerOutput } from "./worker_types.ts";

/** Where the runtime does not say how many cores there are. */
const DEFAULT_WORKERS = 4;
/** Short items go together, so that a message is paid once for several. */
const DEFAULT_ITEMS_PER_WORKER = 16;
/** Enough for a function that looks at its signal between two steps of its work. */
const DEFAULT_GRACE_MS = 100;
/** A worker that dies as often without finishing anything would do so for ever. */
const DEFAULT_MAX_CRASHES = 10;

/**
 * What the workers of a pool run: the address of a module, as text or `URL`, or a function that makes a
 * worker whose own file calls `serve`.
 *
 * @category Workers
 */
export type WorkerModule = URL | string | (() => WorkerLike);

/**
 * How many workers there are, and how much they may have.
 *
 * @category Workers
 */
export interface WorkerPoolOptions {
  /** How many workers run at a time, at most: a positive integer. As many as there are cores by default. */
  readonly workers?: number | undefined;
  /**
   * How many items a worker may have, the one that it works on included: a positive integer. Items of less
   * than half a millisecond go together in one message, as many as this allows. @default {16}
   */
  readonly itemsPerWorker?: number | undefined;
  /**
   * How long a function may still run when its signal is aborted, in milliseconds, before its worker is ended
   * and replaced: a non-negative integer. @default {100}
   */
  readonly graceMs?: number | undefined;
  /**
   * How many workers in a row may die without that an item is finished, before all that is left fails with
   * the code `TOO_MANY_CRASHES`: a non-negative integer. @default {10}
   */
  readonly maxCrashes?: number | undefined;
}

/** The names of {@linkcode WorkerPoolOptions}. */
export const POOL_OPTIONS = ["workers", "itemsPerWorker", "graceMs", "maxCrashes"] as const;

/**
 * What belongs to one call of a {@linkcode WorkerPool}.
 *
 * @category Workers
 */
export interface WorkerCallOptions {
  /** Aborts the function's signal, and the call. */
  readonly signal?: AbortSignal | undefined;
  /** How long a worker may work on the item, in milliseconds, at least 1. No limit by default. */
  readonly timeoutMs?: number | undefined;
  /** What of the item is moved instead of copied. */
  readonly transfer?: readonly object[] | undefined;
}

/**
 * Workers that stages and runs share, made by {@linkcode workerPool}.
 *
 * @typeParam TModule The module that the workers run.
 * @category Workers
 */
export interface WorkerPool<TModule> {
  /** Carries the type of the module; it exists for the compiler alone. */
  readonly "~module": TModule;
  /**
   * What the export makes of an item in a worker, outside of a stage or inside of one that does more: as a
   * stage does it, without a run's index and ids. It rejects with what the function has thrown, with a
   * `WorkerError`, with a `TimeoutError`, or with the reason of the signal.
   */
  call<TName extends WorkerExport<TModule>>(
    name: TName,
    item: WorkerInput<TModule[TName]>,
    options?: WorkerCallOptions,
  ): Promise<WorkerOutput<TModule[TName]>>;
  /** Ends all workers, and resolves when they have ended. Items that have not come out fail. */
  close(): Promise<void>;
  /** As {@linkcode WorkerPool.close}. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a pool of workers that several stages and runs share, each an export of one module. A stage that is
 * given the module itself has a pool of its own in each run, which ends with the run: this is for programs
 * that begin many runs, and for pipelines with several stages of this kind.
 *
 * No worker starts before there is an item for it. Items are worked on in the order in which they come, of
 * whatever stage. A pool that is not closed keeps a Deno process from ending; on Node and Bun it does so
 * only while it has work.
 *
 * @typeParam TModule The module's type: `typeof import("./embed.ts")`.
 * @param module The module's address, such as `new URL("./embed.ts", import.meta.url)`, or what makes a
 * worker.
 * @param options How many workers there are, and how much they may have.
 * @throws {TypeError | RangeError} If an argument or option is not valid.
 * @category Workers
 *
 * @example Two stages, one pool
 * ```ts
 * import { inWorkers, workerPool } from "@headrace/workers";
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * // Usually a file of its own: new URL("./numbers.ts", import.meta.url), typeof import("./numbers.ts").
 * type Numbers = { square(item: number): number; half(item: number): number };
 * const numbers = "data:text/javascript,export const square = (n) => n * n, half = (n) => n / 2";
 *
 * await using pool = workerPool<Numbers>(numbers, { workers: 2 });
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("square", inWorkers(pool, { export: "square" }))
 *   .use("half", inWorkers(pool, { export: "half" }));
 *
 * assertEquals(await pipeline.executeToArray([2, 4]), [2, 8]);
 * ```
 */
export function workerPool<TModule>(
  module: WorkerModule,
  options: WorkerPoolOptions = {},
): WorkerPool<TModule> {
  requireKnown("make workerPool()", options, POOL_OPTIONS);
  const source = readModule("make workerPool()", module);
  const pool: unknown = new SharedPool(
    new Pool(source, readPoolSettings("make workerPool()", options)),
  );
  return pool as WorkerPool<TModule>;
}

const CALL_OPTIONS = ["signal", "timeoutMs", "transfer"];

/** A pool, as programs use it. */
export class SharedPool {
  readonly pool: Pool;

  /** Not for users. */
  constructor(pool: Pool) {
    this.pool = pool;
  }

  // deno-lint-ignore require-await -- bad arguments reject
  async call(name: string, item: unknown, options: WorkerCallOptions = {}): Promise<unknown> {
    requireKnown("call a worker", options, CALL_OPTIONS);
    const { signal, timeoutMs, transfer = [] } = options;
    requireName("call a worker", "its first argument", name);
    if (signal !== undefined) requireSignal("call a worker", signal);
    requireTimeout("call a worker", "timeoutMs", timeoutMs);
    requireTransfer("call a worker", transfer);
    const request = { name, item, index: 0, signal, traceId: "", spanId: "", transfer, timeoutMs };
    return this.pool.run(request);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close();
  }
}

/** Where workers come from; throws for what is neither. */
export function readModule(what: string, module: unknown): WorkerSource {
  if (typeof module === "function") {
    return { url: undefined, create: module as () => WorkerLike };
  }
  const isAddress = (module instanceof URL || typeof module === "string") && URL.canParse(module);
  if (isAddress) return { url: new URL(module).href, create: undefined };
  throw new TypeError(
    `Cannot ${what}: its module must be an absolute address, such as ` +
      `new URL("./embed.ts", import.meta.url), or a function that makes a worker, got ${
        show(module)
      }`,
  );
}

/** The settings of a pool, with defaults. */
export function readPoolSettings(what: string, options: WorkerPoolOptions): PoolSettings {
  const read = (name: keyof WorkerPoolOptions, minimum: 0 | 1, fallback: number) =>
    readInteger(what, name, options[name], { minimum, fallback });
  const graceMs = read("graceMs", 0, DEFAULT_GRACE_MS);
  return {
    workers: read("workers", 1, countCores()),
    itemsPerWorker: read("itemsPerWorker", 1, DEFAULT_ITEMS_PER_WORKER),
    graceMs: Math.min(graceMs, MAX_TIMER_MS),
    maxCrashes: read("maxCrashes", 0, DEFAULT_MAX_CRASHES),
  };
}

/** Node has it in `navigator` from 21 on. */
function countCores(): number {
  const { navigator, process } = globalThis as unknown as {
    readonly navigator?: { readonly hardwareConcurrency?: number };
    readonly process?: { getBuiltinModule?(name: string): unknown };
  };
  if (navigator?.hardwareConcurrency !== undefined) return navigator.hardwareConcurrency;
  const os = process?.getBuiltinModule?.("node:os") as
    | { availableParallelism?(): number }
    | undefined;
  return os?.availableParallelism?.() ?? DEFAULT_WORKERS;
}
