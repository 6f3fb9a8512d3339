/**
 * Laws on what is read, what comes out, and when.
 *
 * @module
 */

import { haveSame, isSame, plural, show } from "./_same.ts";
import { type Check, close, isFlowing, type Items, type Trial } from "./_trial.ts";
import { SOURCE_KINDS, type SourceKind } from "./source_probe.ts";
import { settle } from "./turns.ts";

/** Values that code is tempted to treat apart. */
const ODD_VALUES: readonly unknown[] = [
  ...[undefined, null, false, 0, -0, Number.NaN, ""],
  ...[[], [[undefined]], () => 1, Symbol("item"), { done: true }],
];

/** A pull beyond the third says nothing new. */
const MAX_PULLS = 3;

/** The laws L1, L2, L3, L7, L8 and L10. */
export const LAWS_OF_READING: readonly Check[] = [
  {
    law: "L1",
    says: "does nothing before the first pull",
    async run(trial) {
      const probe = trial.probe();
      trial.open(probe.source);
      await settle();
      trial.expect(probe.opened === 0, "the source was opened before the first pull");
      trial.expect(probe.pulls === 0, "the source was read before the first pull");
    },
  },
  {
    law: "L2",
    says: "reads no more than what was asked for needs",
    isFor: isFlowing,
    async run(trial) {
      const { options: { ahead }, flowing } = trial.candidate;
      const probe = trial.probeSilent();
      const items = trial.open(probe.source);
      for (let count = 1; count <= Math.min(flowing, MAX_PULLS); count++) {
        await trial.pull(items, 1);
        await settle();
        const most = trial.neededFor(count) + ahead;
        if (probe.pulls <= most) continue;
        trial.fail(
          `${probe.pulls} items were asked of the source for ${count} that came out: ` +
            `${most} are the most, with ahead: ${ahead}`,
        );
      }
    },
  },
  ...SOURCE_KINDS.map((kind): Check => ({
    law: "L3",
    says: `gives what its model says, in its order, from ${kind}`,
    isFor: ({ isFunction }) => !isFunction || isAsyncIterable(kind),
    async run(trial) {
      const items = trial.open(trial.probe({}, kind).source);
      const { all } = await readWhole(trial, items);
      expectModel(trial, all, trial.candidate.options.items);
      await trial.expectEnd(items, "the end");
    },
  })),
  {
    law: "L3",
    says: "gives what its model says of fewer items, and of none",
    async run(trial) {
      const { items } = trial.candidate.options;
      for (let count = items.length - 1; count >= 0; count--) {
        const given = items.slice(0, count);
        const outcome = await trial.readAll(trial.open(trial.probe({ items: given }).source));
        // The first pieces of a document may be none.
        if ("failure" in outcome) continue;
        expectModel(trial, outcome.all, given, `of the first ${plural(count)}, `);
      }
    },
  },
  {
    law: "L7",
    says: "leaves its items as they were",
    isFor: ({ copies }) => copies !== undefined,
    async run(trial) {
      const { options: { items }, copies } = trial.candidate;
      await trial.readAll(trial.open(trial.probe().source));
      const at = items.findIndex((item, index) => !isSame(item, copies![index]));
      if (at < 0) return;
      trial.fail(`item ${at} was changed: from ${show(copies![at])} to ${show(items[at])}`);
    },
  },
  {
    law: "L7",
    says: "lets any value pass",
    isFor: ({ options }) => options.anyItems === true,
    async run(trial) {
      const { all } = await readWhole(trial, trial.open(trial.probe({ items: ODD_VALUES }).source));
      expectModel(trial, all, ODD_VALUES);
    },
  },
  {
    law: "L8",
    says: "keeps runs apart, one after the other and at the same time",
    async run(trial) {
      const subject = trial.candidate.createSubject();
      const open = () => trial.openWith(subject, trial.probe().source);
      const alone = (await readWhole(trial, open())).all;
      const [left, right] = [open(), open()];
      const together: [unknown[], unknown[]] = [[], []];
      for (let isOver = false; !isOver;) {
        const some = [await trial.pull(left, 1), await trial.pull(right, 1)] as const;
        isOver = some.every(({ length }) => length === 0);
        some.forEach((items, run) => together[run]!.push(...items));
      }
      for (const items of together) expectAlike(trial, items, alone, "beside another");
      const { length } = trial.candidate.options.items;
      for (let silentAfter = 1; silentAfter < length; silentAfter++) {
        const left = trial.openWith(subject, trial.probeSilent(silentAfter).source);
        await trial.pullUntilWaiting(left);
        await trial.completes(close(left));
        const { all } = await readWhole(trial, open());
        expectAlike(trial, all, alone, `after one that was left after ${plural(silentAfter)}`);
      }
    },
  },
  {
    law: "L10",
    says: "delivers all it can while the source is silent",
    isFor: isFlowing,
    async run(trial) {
      const { flowing, options: { items: all } } = trial.candidate;
      const items = trial.open(trial.probeSilent().source);
      for (let count = 0; count < flowing; count++) {
        const what =
          `the source is silent after ${plural(all.length)}, and ${plural(count)} came out: ` +
          `${flowing} must`;
        const result = await trial.wait(items.next(), what);
        trial.expect(
          result.done !== true,
          `it has ended after ${plural(count)}: ${flowing} must come`,
        );
      }
    },
  },
];

async function readWhole(trial: Trial, items: Items): Promise<{ readonly all: unknown[] }> {
  const outcome = await trial.readAll(items);
  if ("failure" in outcome) throw outcome.failure;
  return outcome;
}

function expectModel(
  trial: Trial,
  found: readonly unknown[],
  given: readonly unknown[],
  of = "",
): void {
  const { options } = trial.candidate;
  const expected = options.model(given, true);
  if (haveSame(found, expected, options)) return;
  const order = options.ordered ? "" : ", in any order";
  trial.fail(`${of}${show(found)} came out: ${show(expected)} must${order}`);
}

/** Fails unless a run has given the same as the first one. */
function expectAlike(
  trial: Trial,
  found: readonly unknown[],
  alone: readonly unknown[],
  where: string,
): void {
  if (haveSame(found, alone, trial.candidate.options)) return;
  trial.fail(`a run ${where} gave ${show(found)}, and the first one ${show(alone)}`);
}

function isAsyncIterable(kind: SourceKind): boolean {
  return kind === "an async iterable" || kind === "an async generator";
}
