/**
 * Laws on aborts, and on what is left behind.
 *
 * @module
 */

import { countTimers } from "./_leftovers.ts";
import { plural, show } from "./_same.ts";
import { type Check, close, type Items, REASON, type Trial } from "./_trial.ts";
import { createCountedController } from "./counted_signal.ts";
import { settle, watch } from "./turns.ts";

/** The laws L12 and L13. */
export const LAWS_OF_LEAVING: readonly Check[] = [
  {
    law: "L12",
    says: "leaves no timer and no listener behind",
    async run(trial) {
      const { length } = trial.candidate.options.items;
      await expectNothingLeft(trial, "its end", async (signal) => {
        await trial.readAll(trial.open(trial.probe().source, signal));
      });
      await expectNothingLeft(trial, "a failure", async (signal) => {
        const probe = trial.probe({ failAfter: length, failure: REASON });
        await trial.readAll(trial.open(probe.source, signal));
      });
      await expectNothingLeft(trial, "a return()", async (signal) => {
        const items = trial.open(trial.probeSilent().source, signal);
        await trial.pull(items, Math.min(1, trial.candidate.flowing));
        await trial.completes(close(items));
      });
      await expectNothingLeft(trial, "an abort", async (signal, controller) => {
        const items = trial.open(trial.probeSilent().source, signal);
        await trial.pull(items, Math.min(1, trial.candidate.flowing));
        controller.abort(REASON);
        await trial.completes(items.next());
      });
      if (trial.candidate.options.badItem === undefined) return;
      await expectNothingLeft(trial, "a failure of its own", async (signal) => {
        await trial.readAll(trial.open(trial.probeBad(length >> 1).source, signal));
      });
    },
  },
  {
    law: "L12",
    says: "leaves no lock behind",
    isFor: ({ isFunction }) => !isFunction,
    async run(trial) {
      const ended = trial.probe({}, "a ReadableStream").createStream();
      await trial.readAll(trial.open(ended));
      trial.expect(!ended.locked, "a web stream is locked after its end");
      const left = trial.probeSilent(undefined, "a ReadableStream").createStream();
      const items = trial.open(left);
      await trial.pull(items, Math.min(1, trial.candidate.flowing));
      await trial.completes(close(items));
      trial.expect(!left.locked, "a web stream is locked after a return()");
    },
  },
  {
    law: "L13",
    says: "rejects with the reason when it is aborted before the first pull",
    async run(trial) {
      const controller = new AbortController();
      const probe = trial.probe();
      const items = trial.open(probe.source, controller.signal);
      controller.abort(REASON);
      await expectAborted(trial, items.next(), items);
      trial.expect(probe.pulls === 0, "the source was read after the abort");
    },
  },
  {
    law: "L13",
    says: "rejects with the reason when its signal was aborted before it is called",
    async run(trial) {
      const probe = trial.probe();
      const items = trial.open(probe.source, AbortSignal.abort(REASON));
      await expectAborted(trial, items.next(), items);
      trial.expect(probe.pulls === 0, "the source was read after the abort");
    },
  },
  {
    law: "L13",
    says: "rejects with the reason when it is aborted between two pulls",
    // After its last item it may have ended.
    isFor: ({ flowing }) => flowing > 1,
    async run(trial) {
      const controller = new AbortController();
      const items = trial.open(trial.probeSilent().source, controller.signal);
      await trial.pull(items, 1);
      controller.abort(REASON);
      await expectAborted(trial, items.next(), items);
    },
  },
  {
    law: "L13",
    says: "rejects with the reason when it is aborted while a pull waits",
    async run(trial) {
      for (const silentAfter of [0, trial.candidate.options.items.length]) {
        const controller = new AbortController();
        const items = trial.open(trial.probeSilent(silentAfter).source, controller.signal);
        let pull: Promise<unknown> = items.next();
        for (let index = 0; index < trial.candidate.flowing && silentAfter > 0; index++) {
          const isOut = await trial.completes(pull, true);
          if (!isOut) break;
          pull = items.next();
        }
        await settle();
        controller.abort(REASON);
        await expectAborted(trial, pull, items, silentAfter > 0);
      }
    },
  },
];

/**
 * Waits for the abort to reject `pull`. A run that has already ended by itself has nothing to
 * abort.
 */
async function expectAborted(
  trial: Trial,
  pull: Promise<unknown>,
  items: Items,
  mayHaveEnded = false,
): Promise<void> {
  const outcome = watch(pull);
  await trial.completes(pull);
  const { state, error, value } = outcome;
  const hasEnded = (value as IteratorResult<unknown> | undefined)?.done === true;
  if (state === "resolved" && mayHaveEnded && hasEnded) return;
  trial.expect(state !== "pending", "the pull that waited was not answered by the abort");
  trial.expect(state === "rejected", "the pull was not rejected, though the signal was aborted");
  if (error !== REASON) {
    trial.fail(`it was rejected with ${show(error)}, and not with the reason of the signal`, error);
  }
  await trial.expectEnd(items, "the rejection");
}

async function expectNothingLeft(
  trial: Trial,
  when: string,
  run: (signal: AbortSignal, controller: AbortController) => Promise<void>,
): Promise<void> {
  const { controller, signal, count } = createCountedController();
  const timers = countTimers();
  try {
    await run(signal, controller);
    await settle();
  } finally {
    timers.restore();
  }
  const timerCount = trial.clock.timerCount + timers.count();
  trial.expect(timerCount === 0, `still set after ${when}: ${plural(timerCount, "timer")}`);
  const left = count();
  trial.expect(left === 0, `left on the signal after ${when}: ${plural(left, "listener")}`);
}
