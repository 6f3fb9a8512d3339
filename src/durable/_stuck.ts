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
import type { Passes } from "./_passes.ts";
import { areQuiet } from "./_stages.ts";

/** The time between two checks, in milliseconds. */
const CHECK_MS = 1_000;
/** The time for which nothing may be in progress, besides what stages wait for by their options. */
const QUIET_MS = 10_000;

/**
 * While there is no room: fails the passes where there will never be, as `what` cannot be done; the
 * result ends the watch.
 */
export function watchForRoom(
  id: string,
  what: string,
  entries: Entries,
  passes: Passes,
): () => void {
  let done = -1;
  // Not the time that has passed: where the process stood still, timers of stages are overdue.
  let quietMs = 0;
  let stopTimer = () => {};
  const look = (): void => {
    const run = passes.waiting;
    const isQuiet = run !== undefined && entries.doneCount === done && areQuiet(run.stages);
    done = entries.doneCount;
    quietMs = isQuiet ? quietMs + CHECK_MS : 0;
    if (isQuiet && quietMs > QUIET_MS + passes.longestWaitMs) {
      return passes.fail(createStuck(id, what, run));
    }
    stopTimer = clock.schedule(look, CHECK_MS);
  };
  stopTimer = clock.schedule(look, CHECK_MS);
  return () => stopTimer();
}

function createStuck(id: string, what: string, run: Run): DurableError {
  const keeping = run.stages.filter((stage) => stage.count().inFlight > 0)
    .map(({ stage }) => `"${stage.key}"`).join(", ");
  const message = `Cannot ${what}: ${MAX_SPARSE} items are done, and one before them is ` +
    `not, kept by ${keeping || "a stage inside of a branch"}: give a batch maxWaitMs`;
  return new DurableError(message, { code: "NEVER_ACKED", id });
}
