import type { Acquired, CheckpointStore } from "./checkpoint_store.ts";
import { createFenced } from "./_errors.ts";

/** What is kept of a job. */
interface Kept {
  saved?: string;
  /** The fence of the last owner. */
  fence: number;
  /** The same until it has given the job back; 0 afterwards. */
  owner?: number;
}

/**
 * Keeps checkpoints in memory: for tests, and for jobs that go on after a failure, not after the end
 * of the process.
 *
 * @returns The store, empty; several jobs may use it, each by its own id.
 * @category Durable runs
 *
 * @example The next owner has what was saved
 * ```ts
 * import { memoryStore } from "@headrace/pipeline/durable";
 * import { assertEquals } from "@std/assert";
 *
 * const store = memoryStore();
 * const { fence } = await store.acquire("ingest");
 * await store.save("ingest", "page 3", fence);
 *
 * assertEquals((await store.acquire("ingest")).saved, "page 3");
 * ```
 */
export function memoryStore(): CheckpointStore {
  const jobs = new Map<string, Kept>();
  return {
    acquire(id): Promise<Acquired> {
      const kept: Kept = jobs.get(id) ?? { fence: 0 };
      jobs.set(id, kept);
      kept.owner = ++kept.fence;
      return Promise.resolve({ saved: kept.saved, fence: kept.fence });
    },
    save(id, saved, fence): Promise<void> {
      const kept = jobs.get(id);
      if (kept?.owner !== fence) return Promise.reject(createFenced(id, fence));
      kept.saved = saved;
      return Promise.resolve();
    },
    release(id, fence): Promise<void> {
      const kept = jobs.get(id);
      if (kept?.owner === fence) kept.owner = 0;
      return Promise.resolve();
    },
  };
}
