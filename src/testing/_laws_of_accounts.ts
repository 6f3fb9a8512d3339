/**
 * Laws on figures, acknowledgements and checkpoints: of what stands in a pipeline.
 *
 * @module
 */

import { consume } from "../durable/consume.ts";
import { durable } from "../durable/durable.ts";
import type { AckSource } from "../durable/ack_source.ts";
import { isBecauseOf, plural, show } from "./_same.ts";
import {
  type AnyPipeline,
  type Check,
  isFlowing,
  REASON,
  toPipeline,
  type Trial,
} from "./_trial.ts";
import { expectBalance } from "./balance.ts";
import { killAtEveryPoint } from "./kill_at_every_point.ts";

/** The laws L14, L16 and L17. */
export const LAWS_OF_ACCOUNTS: readonly Check[] = [
  {
    law: "L14",
    says: "accounts for every item, at every moment and at the end",
    isFor: ({ isFunction }) => !isFunction,
    async run(trial) {
      await readAccounts(trial, trial.probe().source, undefined);
      const failing = { failAfter: trial.candidate.options.items.length, failure: REASON };
      await readAccounts(trial, trial.probe(failing).source, undefined);
      if (isFlowing(trial.candidate)) await readAccounts(trial, trial.probeSilent().source, 1);
    },
  },
  {
    law: "L16",
    says: "acknowledges each item once, and none before what was made of it is taken",
    isFor: ({ options }) => options.acks === true,
    async run(trial) {
      const { items, model } = trial.candidate.options;
      const acks = items.map(() => 0);
      let taken = 0;
      const check = () => {
        const first = acks.indexOf(0);
        const done = first < 0 ? acks.length : first;
        const due = model(items.slice(0, done), true).length;
        if (taken >= due) return;
        trial.fail(
          `the first ${done} items are acknowledged, with ${taken} of ${due} outputs taken`,
        );
      };
      const source = createQueue(items, (index) => {
        acks[index]!++;
        check();
      });
      const consuming = consume(createPipeline(trial), source, () => {
        taken++;
      });
      await trial.wait(consuming, "the queue was not consumed to its end");
      const wrong = acks.findIndex((count) => count !== 1);
      trial.expect(wrong < 0, `item ${wrong} was acknowledged ${acks[wrong]} times: once is right`);
    },
  },
  {
    law: "L16",
    says: "loses nothing in the mode acks, killed at every point",
    isFor: ({ options }) => options.acks === true,
    run: (trial) => kill(trial, "acks"),
  },
  {
    law: "L17",
    says: "goes on from its snapshots, killed at every point",
    isFor: ({ options }) => options.restores === true,
    run: (trial) => kill(trial, "snapshots"),
  },
];

/** Reads up to `count` items, and looks at the figures at each and at the end. */
async function readAccounts(
  trial: Trial,
  source: unknown,
  count: number | undefined,
): Promise<void> {
  const run = createPipeline(trial).run(source as AsyncIterable<unknown>);
  const look = () => {
    const { steps } = run.metadata();
    try {
      for (const stage of steps) expectBalance(stage);
    } catch (error) {
      trial.fail(`the figures do not add up: ${(error as Error).message}`);
    }
    return steps;
  };
  let seen = 0;
  const read = async () => {
    for await (const _ of run) {
      seen++;
      const out = look().at(-1)?.outputCount;
      trial.expect(
        out === undefined || out >= seen,
        `${plural(seen)} came out, and ${out} are counted`,
      );
      if (seen === count) return;
    }
  };
  const outcome = await trial.wait(read().then(() => {}, (error) => error), "the run never ended");
  if (outcome !== undefined && !isBecauseOf(outcome, REASON)) throw outcome;
  for (const { key, inFlightCount } of look()) {
    trial.expect(
      inFlightCount === 0,
      `${key}: still in flight after the end: ${plural(inFlightCount)}`,
    );
  }
}

async function kill(trial: Trial, mode: "acks" | "snapshots"): Promise<void> {
  const { items, ordered } = trial.candidate.options;
  const killed = killAtEveryPoint<unknown, unknown>({
    createJob: (store) =>
      durable(createPipeline(trial), { id: "laws", mode, store, commit: { items: 1 } }),
    items,
    order: mode === "acks" || !ordered ? "any" : "same",
  });
  await killed.catch((error) => trial.fail(`${(error as Error)?.message ?? show(error)}`, error));
}

/** Only what stands in a pipeline has these laws. */
function createPipeline(trial: Trial): AnyPipeline {
  return toPipeline(trial.candidate.createSubject())!;
}

function createQueue(
  items: readonly unknown[],
  onAck: (index: number) => void,
): AckSource<unknown> {
  return {
    async *open() {
      for (const [index, item] of items.entries()) {
        yield {
          item,
          attempts: 1,
          ack: () => onAck(index),
          nack: () => {},
          extend: () => {},
        };
      }
    },
  };
}
