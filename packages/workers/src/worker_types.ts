import type { WorkerContext } from "./worker_context.ts";

/**
 * The names of a module's exports that can run in a worker: functions of an item, its index and a
 * {@linkcode WorkerContext}.
 *
 * @category Workers
 */
export type WorkerExport<TModule> =
  & {
    [TName in keyof TModule]: TModule[TName] extends
      (item: never, index: number, context: WorkerContext) => unknown ? TName : never;
  }[keyof TModule]
  & string;

/**
 * What such a function takes.
 *
 * @category Workers
 */
export type WorkerInput<TWork> = [TWork] extends [(item: infer TInput, ...rest: never[]) => unknown]
  ? TInput
  : never;

/**
 * What such a function makes.
 *
 * @category Workers
 */
export type WorkerOutput<TWork> = TWork extends (...parameters: never[]) => infer TOutput
  ? Awaited<TOutput>
  : never;
