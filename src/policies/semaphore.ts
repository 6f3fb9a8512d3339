import type { ConcurrencyPolicy } from "../base/policy.ts";
import { requireInteger } from "../internal/validation.ts";
import { Gate } from "./_gate.ts";
import { createConcurrencyPolicy } from "./_policy_value.ts";

/**
 * Lets at most `limit` calls run at a time, of all stages, runs and functions that share it.
 *
 * Waiting calls begin in the order in which they came. A call has its place until it has
 * settled, also where its run has ended before, or until its `timeoutMs` are over.
 *
 * @param limit How many calls may run at a time: a positive integer.
 * @returns A policy; it can be given as `concurrencyLimit` as well.
 * @throws {RangeError} At once, if `limit` is not a positive integer.
 * @category Policies
 *
 * @example Two stages that share three connections
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { semaphore } from "@headrace/pipeline/policies";
 * import { assertEquals } from "@std/assert";
 *
 * const connections = semaphore(3);
 * const read = (id: number) => Promise.resolve(`row ${id}`);
 * const write = (row: string) => Promise.resolve(row.length);
 * const pipeline = StreamingPipeline.start<number>()
 *   .map("row", read, { concurrencyLimit: connections })
 *   .map("written", write, { concurrencyLimit: connections });
 *
 * assertEquals(await pipeline.executeToArray([1, 2]), [5, 5]);
 * assertEquals(connections.metrics.startedCount, 4);
 * ```
 */
export function semaphore(limit: number): ConcurrencyPolicy {
  requireInteger({ operator: "make a semaphore" }, "limit", limit, 1);
  return createConcurrencyPolicy<SemaphoreGate>({
    createGate: () => new SemaphoreGate(limit),
    describe: () => ({ kind: "semaphore", limit }),
    limit: () => limit,
  });
}

class SemaphoreGate extends Gate {
  readonly #limit: number;
  #running = 0;

  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  protected override waitMs(): number {
    return this.#running < this.#limit ? 0 : Infinity;
  }

  pass(): number {
    return ++this.#running;
  }

  override leave(): boolean {
    this.#running--;
    return true;
  }
}
