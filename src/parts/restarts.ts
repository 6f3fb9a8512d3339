/**
 * Starts a whole-stream step again when it fails: from the item that it held where it may try
 * again, else from the item after.
 *
 * @module
 */

import type { StreamingError } from "../base/errors.ts";
import { isAbortOf } from "../internal/aborts.ts";
import type { Door } from "../internal/admission.ts";
import { type Attempt, waitForRetry } from "../internal/backoff.ts";
import { FailedAttempts } from "../internal/failed_attempts.ts";
import type { RetrySettings } from "../internal/retry_options.ts";
import { NOT_WANTED } from "../internal/signals.ts";
import { noteRetry } from "./retry.ts";
import { ASKED, type Held, StepInput } from "./step_input.ts";
import { END, WAIT } from "../internal/pull.ts";
import type { Feed } from "../core/feed.ts";
import type { StepItems } from "./step_items.ts";
import type { StageRun } from "../core/stage_run.ts";

/** What {@linkcode restartOnFailure} needs. */
export interface RestartParts {
  /** What the step reads from, however often it is started. */
  readonly source: StepItems;
  readonly run: StageRun;
  readonly retry: RetrySettings | undefined;
  /** Where each attempt at an item enters; absent where the stage has no policy. */
  readonly door: Door | undefined;
  isUpstreamFailure(error: unknown): boolean;
  /** Starts the step; what it returns is read to its end, or closed. */
  open(input: StepInput): Feed;
  /** Aborted when the run is closed. */
  readonly signal: AbortSignal;
}

/** What a step yields over all its starts. What it throws names the stage. */
export async function* restartOnFailure(
  parts: RestartParts,
): AsyncGenerator<unknown, void, undefined> {
  const { source, signal } = parts;
  let held: Held | undefined;
  let attempt = 1;
  const waits = { lastMs: 0 };
  while (!signal.aborted) {
    const input = new StepInput(source, held, parts);
    try {
      yield* readStep(parts.open(input), input, parts);
      return;
    } catch (error) {
      if (parts.isUpstreamFailure(error)) throw error;
      // What it worked on is abandoned, and has not failed.
      if (signal.aborted && isAbortOf(error, signal.reason)) throw error;
      if (!input.isReplaying) {
        attempt = 1;
        waits.lastMs = 0;
      }
      let thrown: unknown = error;
      try {
        held = await mayTryAgain(parts, input.held, { number: attempt, error, waits })
          ? input.held
          : undefined;
      } catch (failedRule) {
        thrown = failedRule;
        held = undefined;
      }
      if (held === undefined) await leaveOut(parts, input.held, attempt, thrown);
      else {
        attempt++;
        await noteRetry(parts.run, thrown, attempt, held.index);
      }
    }
  }
}

/**
 * What one start of the step yields. Where it keeps back, what the step yields for an item comes
 * out when it asks for the next one, so that nothing comes out twice when the item is tried again.
 */
async function* readStep(
  feed: Feed,
  input: StepInput,
  { retry, door, signal }: RestartParts,
): AsyncGenerator<unknown, void, undefined> {
  const keepsBack = retry !== undefined;
  let kept: unknown[] = [];
  try {
    for (let item = feed.next(); item !== END; item = feed.next()) {
      if (item !== WAIT) {
        // What a step has yielded for an item it has done, whatever is asked for.
        door?.end();
        if (keepsBack) kept.push(item);
        else yield item;
        continue;
      }
      const answered = feed.pending.then((answer) => {
        // Nothing is taken from a step that was closed while it was waited for.
        if (!signal.aborted) feed.accept(answer);
      });
      while (await input.answerOrAsk(answered) === ASKED) {
        yield* kept;
        kept = [];
        input.proceed();
      }
      if (signal.aborted) return;
    }
    yield* kept;
  } catch (error) {
    const failure = feed.refuse(error);
    door?.end(failure, true);
    throw failure;
  } finally {
    // What is closed while it works on an item was aborted, or reads no more.
    door?.end(signal.reason, signal.aborted);
    input.proceed();
    await feed.close(NOT_WANTED);
  }
}

/** Waits as the retry settings say; false where the item is not to be tried again. */
async function mayTryAgain(
  { retry, signal }: RestartParts,
  held: Held | undefined,
  attempt: Omit<Attempt, "startMs">,
): Promise<boolean> {
  if (held === undefined || retry === undefined) return false;
  return await waitForRetry(retry, { ...attempt, startMs: held.startMs }, signal);
}

/** Leaves the failed item out, if the stage's error strategy does; else throws. */
async function leaveOut(
  { run, source }: RestartParts,
  held: Held | undefined,
  attempts: number,
  error: unknown,
): Promise<void> {
  const isCounted = attempts === 1 || FailedAttempts.is(error);
  const thrown = isCounted ? error : new FailedAttempts(error, attempts);
  const failure: StreamingError = run.createError(thrown, held?.item, held?.index);
  // A step that fails without an item would fail for ever; one that was abandoned is counted as that.
  if (held === undefined || !source.isUnsettled) throw failure;
  source.isUnsettled = false;
  const settled = await run.settleFailure(failure, source.takeOrigin());
  if (settled !== true) throw settled;
}
