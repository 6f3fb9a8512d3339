/**
 * Laws on failures: what comes out before, and that they come out once.
 *
 * @module
 */

import { collectUnhandled } from "./_leftovers.ts";
import { isBecauseOf, plural, show } from "./_same.ts";
import { type Check, close, REASON, type Trial } from "./_trial.ts";
import type { SourceProbe } from "./source_probe.ts";
import { settle, turn, watch } from "./turns.ts";

/** The law L6. */
export const LAWS_OF_FAILURES: readonly Check[] = [
  {
    law: "L6",
    says: "gives what came before a failure of its source, then the failure, once",
    async run(trial) {
      const { items, ordered } = trial.candidate.options;
      // Out of order, a failure need not wait for items in progress.
      for (const failAfter of ordered ? [items.length, 1, 0] : [items.length, 0]) {
        const probe = trial.probe({ failAfter, failure: REASON });
        await expectFailure(trial, probe, items.slice(0, failAfter), REASON);
      }
      // Whatever was thrown is a failure.
      for (const failure of [undefined, 0]) {
        const probe = trial.probe({ failAfter: items.length, failure });
        await expectFailure(trial, probe, items, undefined, `${failure} was thrown, and `);
      }
    },
  },
  {
    law: "L6",
    says: "gives what came before its own failure, then the failure, once",
    isFor: ({ options }) => options.badItem !== undefined,
    async run(trial) {
      const { items } = trial.candidate.options;
      for (const at of [items.length >> 1, 0]) {
        await expectFailure(trial, trial.probeBad(at), items.slice(0, at), undefined);
      }
    },
  },
  {
    law: "L6",
    says: "leaves no rejection unhandled",
    async run(trial) {
      const unhandled = collectUnhandled();
      try {
        const { length } = trial.candidate.options.items;
        for (const failAfter of [0, 1, length]) {
          const failing = { failAfter, failure: REASON };
          await trial.readAll(trial.open(trial.probe(failing).source));
          const left = trial.open(trial.probe(failing).source);
          await trial.completes(left.next(), true);
          await trial.completes(close(left));
        }
        for (let turns = 0; turns < 3; turns++) await turn();
      } finally {
        unhandled.restore();
      }
      const [first] = unhandled.reasons;
      trial.expect(unhandled.reasons.length === 0, `a rejection is not handled: ${show(first)}`);
    },
  },
];

/** Reads what must fail after `before`, because of `expected` where that is said. */
async function expectFailure(
  trial: Trial,
  probe: SourceProbe<unknown>,
  before: readonly unknown[],
  expected: unknown,
  what = "",
): Promise<void> {
  const { model } = trial.candidate.options;
  const run = trial.open(probe.source);
  const outcome = await trial.readAll(run);
  // A subject that wants no more than a few items has ended before.
  if (probe.pulls <= before.length) return;
  if (!("failure" in outcome)) {
    return trial.fail(`${what}it has ended, and the failure did not come out`);
  }
  if (expected !== undefined && !isBecauseOf(outcome.failure, expected)) {
    const { failure } = outcome;
    trial.fail(
      `${show(failure)} came out, and has no ${show(expected)} for a cause`,
      failure,
    );
  }
  // What is kept back may come out before a failure, or be dropped with it.
  const kept = outcome.all.length - model(before, false).length;
  if (kept !== 0) {
    const most = model(before, true).length;
    const least = outcome.all.length - kept;
    const more = most === least ? "" : `, or ${most} with what is kept back`;
    const count = plural(outcome.all.length);
    const message = `${count} came out before the failure: ${least} must${more}`;
    trial.expect(outcome.all.length === most, message);
  }
  const next = watch(run.next());
  await trial.completes(settle());
  trial.expect(next.state !== "rejected", "the failure came out twice");
  trial.expect(
    next.value?.done === true,
    "after the failure, a pull does not answer with the end",
  );
}
