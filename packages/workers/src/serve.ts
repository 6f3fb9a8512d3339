/**
 * For a worker's own file: serves functions to the pool that has started it.
 *
 * @module
 */

import { openPort } from "./_worker_port.ts";
import { serveOn } from "./_worker_side.ts";

export type { WorkerContext } from "./worker_context.ts";

/**
 * Serves the functions of `module` to the pool that has started this worker. For programs that are
 * bundled: the bundler finds the worker by its file, and the functions by the worker's imports.
 *
 * It listens from now on; call it once, before anything is awaited. Items come one after the other.
 *
 * @param module The functions, by the names that `export` of `inWorkers` has for them.
 * @throws {TypeError} If this is not a worker.
 * @category Workers
 *
 * @example A worker's file
 * ```ts
 * import { serve } from "@headrace/workers/serve";
 * import { assertThrows } from "@std/assert";
 *
 * const square = (number: number) => number ** 2;
 *
 * // This is not a worker; in one, that is all there is to do.
 * assertThrows(() => serve({ square }), TypeError, "this is not a worker");
 * ```
 */
export function serve(module: object): void {
  serveOn(openPort(), () => module);
}
