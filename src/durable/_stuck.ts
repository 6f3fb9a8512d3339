/**
 * Finds out that a job waits for itself: its source waits for an item to be done, and a stage keeps
 * that item until more come.
 *
 * @module
 */

import type { Run } from "../core/run.ts";
import { clock } from "../internal/clock.ts";
import { DurableError } from "./durable_error.ts";
import { type Entries, MAX_SPARSE } from "./_entries.ts";
import { areQuiet } from "./_stages.ts";

/** The time between two looks, in milliseconds. */
const LOOK_MS = 1_000;

/** While there is no room: calls `fail` where there will never be; what it returns ends the watch. */
export function watchForRoom(
  id: string,
  entries: Entries,
  findRun: () => Run | undefined,
  fail: (error: unknown) => void,
): () => void {
  let done = -1;
  let stopTimer = () => {};
  const look = (): void => {
    const run = findRun();
    const isStuck = run !== undefined && entries.doneCount === done && areQuiet(run.stages);
    done = entries.doneCount;
    if (isStuck) fail(createStuck(id, run));
    else stopTimer = clock.schedule(look, LOOK_MS);
  };
  stopTimer = clock.schedule(look, LOOK_MS);
  return () => stopTimer();
}

function createStuck(id: string, run: Run): DurableError {
  const keeping = run.stages.filter((stage) => stage.count().inFlight > 0)
    .map(({ stage }) => `"${stage.key}"`).join(", ");
  const message =
    `Cannot go on with the job "${id}": ${MAX_SPARSE} items are done, and one before ` +
    `them is not, which is kept by ${keeping}: give a batch maxWaitMs`;
  return new DurableError(message, { code: "NEVER_ACKED", id });
}
