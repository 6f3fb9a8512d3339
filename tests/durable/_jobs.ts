// Jobs of running totals, and what they are tested with.

import { assertEquals, assertRejects } from "@std/assert";
import { type PipelineOf, StreamingPipeline } from "../../mod.ts";
import {
  type CheckpointStore,
  durable,
  DurableError,
  type DurableErrorCode,
  type DurableOptions,
  memoryStore,
  positioned,
  type PositionedSource,
} from "../../src/durable/mod.ts";
import { TestClock } from "../../src/testing/mod.ts";

export const ID = "ingest";
export const add = (total: number, n: number): number => total + n;
export const totals: StreamingPipeline<number, number> = StreamingPipeline.start<number>()
  .scan("total", add, 0);
export const pairs: StreamingPipeline<number, number[]> = totals.batch("pair", 2);
export const NUMBERS: readonly number[] = [1, 2, 3, 4, 5];
export const SUMS: readonly number[] = [1, 3, 6, 10, 15];

export const options = (
  store: CheckpointStore,
  more: Partial<DurableOptions> = {},
): DurableOptions => ({
  id: ID,
  mode: "snapshots",
  store,
  ...more,
});

/** Runs a job over 1, 2, 3 and 4; what has come out. */
export async function runJob(
  pipeline: PipelineOf<number, unknown>,
  { store, ...more }: Omit<DurableOptions, "id" | "mode">,
): Promise<unknown[]> {
  const taken: unknown[] = [];
  const job = durable(pipeline, options(store, more));
  await job.run(positioned([1, 2, 3, 4]), (item) => taken.push(item));
  return taken;
}

/** A store in memory that notes each commit among `events`. */
export function noteCommits(events: unknown[]): CheckpointStore {
  const inner = memoryStore();
  return {
    ...inner,
    save(id, saved, fence) {
      events.push("commit");
      return inner.save(id, saved, fence);
    },
  };
}

/** Runs on a clock of its own, which moves on where nothing else happens. */
export async function onClock<T>(body: (clock: TestClock) => Promise<T>): Promise<T> {
  const clock = new TestClock();
  const result = await clock.use(async () => {
    const running = body(clock);
    await clock.finish(running);
    return await running;
  });
  assertEquals(clock.timerCount, 0);
  return result;
}

/** The work is refused with a `DurableError` of the code that names the job. */
export async function assertCode(
  code: DurableErrorCode,
  work: Promise<unknown>,
  includes: string,
): Promise<DurableError> {
  const error = await assertRejects(() => work, DurableError, includes);
  assertEquals([error.code, error.id], [code, ID]);
  return error;
}

/** A source, and what was done to it. */
interface Probe {
  readonly source: PositionedSource<number, number>;
  readonly seen: {
    readonly opened: number;
    readonly read: number;
    readonly closed: number;
    readonly signals: readonly AbortSignal[];
  };
}

/** A source that says what is done to it; after its items it is silent where `isEndless`. */
export function probe(items: readonly number[], isEndless: boolean = false): Probe {
  const seen = { opened: 0, read: 0, closed: 0, signals: [] as AbortSignal[] };
  const source: PositionedSource<number, number> = {
    async *open(from = 0, signal) {
      seen.opened++;
      seen.signals.push(signal);
      try {
        for (let position = from + 1; position <= items.length; position++) {
          seen.read++;
          yield { item: items[position - 1]!, position };
        }
        if (!isEndless) return;
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      } finally {
        seen.closed++;
      }
    },
  };
  return { seen, source };
}
