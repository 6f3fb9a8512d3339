// Operators that break one law each on what comes out, when, and how often, and what is said of that.

import { createOperator } from "../../src/core/operator.ts";
import { REPLACE } from "../../src/core/stage.ts";
import { add, buffer, map, transform } from "../../src/operators/mod.ts";
import { type Broken, ITEMS, pass, same, type Signalled, type Source } from "./_broken.ts";

const LATE = { items: ITEMS, ahead: 1 };

/** All items but the last, which comes with the end. */
const oneKept = (items: readonly number[], ended: boolean): readonly number[] =>
  ended ? items : items.slice(0, -1);

/** The sums of two items each; the last item may be alone. */
const sumPairs = (items: readonly number[], ended: boolean): readonly number[] => {
  const sums: number[] = [];
  for (let at = 0; at + 1 < items.length; at += 2) sums.push(items[at]! + items[at + 1]!);
  return ended && items.length % 2 === 1 ? [...sums, items.at(-1)!] : sums;
};

/** What makes these sums. */
function addInPairs() {
  let first: number | undefined;
  return {
    transform(item: number): number[] {
      const sums = first === undefined ? [] : [first + item];
      first = first === undefined ? item : undefined;
      return sums;
    },
    flush(): number[] {
      const last = first === undefined ? [] : [first];
      first = undefined;
      return last;
    },
  };
}

/** The laws L1, L2, L3, L7, L8, L10, L14, L16 and L17. */
export const BROKEN_OPERATORS: readonly Broken[] = [
  {
    law: "L1",
    what: "a function that opens its source when it is called",
    create: () => (source: Source, options: Signalled) => {
      const opened = source[Symbol.asyncIterator]();
      return pass({ [Symbol.asyncIterator]: () => opened }, options);
    },
    options: { items: ITEMS, model: same },
    message: /the source was opened before the first pull/,
  },
  {
    law: "L2",
    what: "an operator that reads ahead and does not say so",
    create: () => buffer(1),
    options: { items: ITEMS, model: same },
    message: /2 items were asked of the source for 1 that came out: 1 are the most, with ahead: 0/,
  },
  {
    law: "L3",
    what: "an operator that changes the order",
    create: () =>
      transform(() => {
        let kept: number | undefined;
        return {
          transform(item: number) {
            const pair = kept === undefined ? [] : [item, kept];
            kept = kept === undefined ? item : undefined;
            return pair;
          },
          flush: () => kept === undefined ? [] : [kept],
        };
      }),
    options: {
      items: ITEMS,
      model: (items: readonly number[], ended: boolean) =>
        ended ? items : items.slice(0, items.length - items.length % 2),
      ahead: 1,
    },
    message: /\[3,5,1,8\] came out: \[5,3,8,1\] must/,
  },
  {
    law: "L3",
    what: "an operator that forgets the last item where it is alone",
    create: () => transform(() => ({ transform: addInPairs().transform })),
    options: { items: ITEMS, model: sumPairs },
    message: /of the first 3 items, \[8\] came out: \[8,8\] must/,
  },
  {
    law: "L3",
    what: "a function that gives its last item once more after its end",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      let last: IteratorResult<number> | undefined;
      let ends = 0;
      return {
        [Symbol.asyncIterator]: () => ({
          async next() {
            const result = await items.next();
            if (result.done && last !== undefined && ++ends === 2) return last;
            if (!result.done) last = result;
            return result;
          },
          return() {
            last = undefined;
            return items.return(undefined);
          },
        }),
      };
    },
    options: { items: ITEMS, model: same },
    message: /after the end, a pull does not answer with the end/,
  },
  {
    law: "L7",
    what: "an operator that changes its items",
    create: () =>
      map((item: { id: number; seen?: boolean }) => {
        item.seen = true;
        return item.id;
      }),
    options: {
      items: [{ id: 1 }, { id: 2 }],
      model: (items: readonly { id: number }[]) => items.map(({ id }) => id),
    },
    message: /item 0 was changed: from \{"id":1\} to \{"id":1,"seen":true\}/,
  },
  {
    law: "L7",
    what: "an operator that takes undefined for nothing",
    create: () =>
      transform(() => ({
        transform: (item: unknown) => item === undefined ? [] : [item],
      })),
    options: { items: ITEMS, model: same, anyItems: true },
    message: /came out: \["undefined"/,
  },
  {
    law: "L8",
    what: "an operator whose runs share what they keep",
    create: () => {
      let total = 0;
      return map((item: number) => total += item);
    },
    options: {
      items: ITEMS,
      model: (items: readonly number[]) => [5, 8, 16, 17].slice(0, items.length),
    },
    message: /a run beside another gave \[.*\], and the first one \[5,8,16,17\]/,
  },
  {
    law: "L8",
    what: "an operator whose next run has what one has kept that was left",
    create: () => {
      const shared = addInPairs();
      return transform(() => shared);
    },
    options: { items: ITEMS, model: sumPairs },
    message:
      /a run after one that was left after 1 item gave \[10,11,1\], and the first one \[8,9\]/,
  },
  {
    law: "L10",
    what: "an operator that holds an item back until the next one comes",
    create: () =>
      transform(() => {
        let kept: number[] = [];
        return {
          transform(item: number) {
            const before = kept;
            kept = [item];
            return before;
          },
          flush: () => kept,
        };
      }),
    options: { ...LATE, model: same },
    message: /the source is silent after 4 items, and 3 items came out: 4 must/,
  },
  {
    law: "L14",
    what: "an operator that says that it keeps fewer items than none",
    create: () =>
      createOperator<number, number, unknown, unknown>("liar", (place) => ({
        kind: "item",
        ...place,
        outcome: REPLACE,
        open: () => ({ call: (item) => item, bufferedCount: () => -1 }),
      })),
    options: { items: ITEMS, model: same },
    message: /the figures do not add up: operator: \w+ must be a count, and is -1/,
  },
  {
    law: "L16",
    what: "a step that says that it keeps nothing, and does",
    create: () =>
      add<number, number>(async function* ({ input }) {
        let kept: number | undefined;
        for await (const item of input) {
          if (kept !== undefined) yield kept;
          kept = item;
        }
        if (kept !== undefined) yield kept;
      }, { lineage: "item" }),
    options: { ...LATE, model: oneKept, acks: true },
    message: /the first 1 items are acknowledged, with 0 of 1 outputs taken/,
  },
  {
    law: "L17",
    what: "an operator that forgets what it has kept",
    create: () =>
      transform(() => {
        let total = 0;
        return {
          transform: (item: number) => [total += item],
          snapshot: () => 0,
          restore: () => {},
        };
      }),
    options: {
      items: ITEMS,
      model: (items: readonly number[]) => [5, 8, 16, 17].slice(0, items.length),
      restores: true,
    },
    message: /killed at \d+: .* came out after/,
  },
];
