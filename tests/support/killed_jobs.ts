// Two jobs over rows, one for each mode, and what must be there when they have ended. The tests of stores
// run them in processes that are killed.

import { type PipelineOf, StreamingPipeline } from "@headrace/pipeline";
import {
  type CheckpointStore,
  durable,
  type DurableJob,
  type PositionedSource,
  transactional,
  type TransactionalStore,
} from "@headrace/pipeline/durable";

/** A row that is read. */
export interface ReadRow {
  readonly id: number;
  readonly value: number;
}

/**
 * A row that is written. Its table has no key, so that a row that is written twice is in it twice.
 */
export interface WrittenRow {
  readonly id: number;
  readonly value: number;
}

/** How a job remembers. */
export type KilledMode = "acks" | "snapshots";

/** How many rows are read. */
export const ROW_COUNT = 2_400;

/** After how many items the jobs commit. */
export const COMMIT_ITEMS = 4;

/** The row at a position. */
export function rowAt(id: number): ReadRow {
  return { id, value: 1 + (id * 7_919) % 1_009 };
}

/** The pipeline of a mode: with states in order, or without and in any order. */
function createKilledPipeline(mode: KilledMode): PipelineOf<ReadRow, WrittenRow> {
  const pipeline = StreamingPipeline.start<ReadRow>();
  if (mode === "snapshots") {
    return pipeline.filter("odd", ({ value }) => value % 2 === 1).scan(
      "total",
      (total, { id, value }) => ({ id, value: total.value + value }),
      { id: 0, value: 0 },
    );
  }
  return pipeline
    .map("later", async (row) => {
      for (let turn = 0; turn < row.value % 5; turn++) await Promise.resolve();
      return row;
    }, { concurrencyLimit: 8, ordered: false })
    .flatMap("children", ({ id, value }) => [{ id, value }, { id, value: -value }]);
}

/** The job of a mode, which keeps its checkpoints in `store`. */
export function createKilledJob(
  mode: KilledMode,
  store: CheckpointStore,
): DurableJob<ReadRow, WrittenRow> {
  const commit = { items: COMMIT_ITEMS };
  return durable(createKilledPipeline(mode), { id: mode, mode, store, commit });
}

/** Runs it to its end; `write` writes rows in a transaction, and a byte to the output says so. */
export async function runKilledJob<TTransaction>(
  mode: KilledMode,
  store: TransactionalStore<TTransaction>,
  source: PositionedSource<ReadRow, unknown>,
  write: (rows: readonly WrittenRow[], transaction: TTransaction) => void | Promise<void>,
): Promise<void> {
  const sink = transactional(store, (rows: readonly WrittenRow[], transaction) => {
    Deno.stdout.writeSync(new Uint8Array([46]));
    return write(rows, transaction);
  });
  await createKilledJob(mode, store).run(source, sink);
}

/** What is written in the end, by id and value. */
export function expectRows(mode: KilledMode): WrittenRow[] {
  const rows = Array.from({ length: ROW_COUNT }, (_, at) => rowAt(at + 1));
  if (mode === "acks") {
    return sortRows(rows.flatMap(({ id, value }) => [{ id, value }, { id, value: -value }]));
  }
  let total = 0;
  return rows.filter(({ value }) => value % 2 === 1).map(({ id, value }) => ({
    id,
    value: total += value,
  }));
}

/** By id, then by value. */
export function sortRows(rows: readonly WrittenRow[]): WrittenRow[] {
  return rows.toSorted((a, b) => a.id - b.id || a.value - b.value);
}
