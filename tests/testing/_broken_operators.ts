// Operators that break one law each, and what is said of that.

import { StreamingPipeline } from "../../mod.ts";
import { createOperator } from "../../src/core/operator.ts";
import { REPLACE } from "../../src/core/stage.ts";
import { add, buffer, map, transform } from "../../src/operators/mod.ts";
import type { Law, LawOptions, LawSubject } from "../../src/testing/law_options.ts";

/** An operator, and the one law that it breaks. */
interface Broken {
  readonly law: Law;
  readonly what: string;
  // deno-lint-ignore no-explicit-any -- the items of each are its own affair
  readonly create: () => LawSubject<any, any>;
  // deno-lint-ignore no-explicit-any -- as above
  readonly options: LawOptions<any, any>;
  readonly message: RegExp;
  /** Takes away what it has left. */
  readonly cleanUp?: () => void;
}

type Source = AsyncIterable<number>;
type Signalled = { readonly signal?: AbortSignal };

const ITEMS = [5, 3, 8, 1];
const same = (items: readonly number[]): readonly number[] => items;
const timers: ReturnType<typeof setTimeout>[] = [];
const LATE = { items: ITEMS, ahead: 1 };

/** All items but the last, which comes with the end. */
const oneKept = (items: readonly number[], ended: boolean): readonly number[] =>
  ended ? items : items.slice(0, -1);

/** A function that keeps every law. */
const pass = (source: Source, options: Signalled): AsyncGenerator<number> =>
  StreamingPipeline.start<number>().map("same", failAtMinus).execute(source, options);

function failAtMinus(item: number): number {
  if (item < 0) throw new Error("the item is bad");
  return item;
}

/** `items` with other methods. */
function withMethods(
  items: AsyncIterator<number>,
  methods: Partial<AsyncIterator<number>>,
): AsyncIterable<number> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => items.next(),
      return: () => items.return!(),
      ...methods,
    }),
  };
}

/** Every law has one. */
export const BROKEN: readonly Broken[] = [
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
    law: "L4",
    what: "a function whose return() leaves the source open",
    create: () => (source: Source, options: Signalled) => {
      const reached = source[Symbol.asyncIterator];
      // Nothing of the source but `next`.
      const unclosable = {
        [Symbol.asyncIterator]: () => {
          const items = reached.call(source);
          return { next: () => items.next() };
        },
      };
      return pass(unclosable, options);
    },
    options: { items: ITEMS, model: same, badItem: { item: -1 } },
    message: /the source was left open when the reader breaks/,
  },
  {
    law: "L4",
    what: "a function that closes its source twice",
    create: () => (source: Source, options: Signalled) => {
      const twice = {
        [Symbol.asyncIterator]: () => {
          const items = source[Symbol.asyncIterator]();
          return {
            next: () => items.next(),
            return: async () => {
              await items.return!();
              return items.return!();
            },
          };
        },
      };
      return pass(twice, options);
    },
    options: { items: ITEMS, model: same, badItem: { item: -1 } },
    message: /the source was closed 2 times when the reader breaks: once is right/,
  },
  {
    law: "L4",
    what: "a function that does not wait for the clean-up of its source",
    create: () => (source: Source, options: Signalled) => {
      const unawaited = {
        [Symbol.asyncIterator]: () => {
          const items = source[Symbol.asyncIterator]();
          return {
            next: () => items.next(),
            return: () => {
              items.return!();
              return Promise.resolve({ done: true as const, value: undefined });
            },
          };
        },
      };
      return pass(unawaited, options);
    },
    options: { items: ITEMS, model: same },
    message: /the clean-up of the source was not waited for when the reader breaks/,
  },
  {
    law: "L5",
    what: "a function that is closed behind the pull that it owes, as async generators are",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      let pull: Promise<unknown> = Promise.resolve();
      return withMethods(items, {
        next() {
          const next = items.next();
          pull = next.catch(() => {});
          return next;
        },
        async return() {
          await pull;
          return items.return(undefined);
        },
      });
    },
    options: { items: ITEMS, model: same },
    message: /return\(\) waits for a source that is silent behind 0 items/,
  },
  {
    law: "L6",
    what: "a function that takes a failure for the end",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      return withMethods(items, {
        next: () =>
          items.next().catch((error) => {
            if (options.signal?.aborted) throw error;
            return { done: true, value: undefined };
          }),
      });
    },
    options: { items: ITEMS, model: same, badItem: { item: -1 } },
    message: /it has ended, and the failure did not come out/,
  },
  {
    law: "L6",
    what: "a function that fails again behind its failure",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      let failed: Promise<never> | undefined;
      return withMethods(items, {
        next: () => {
          if (failed !== undefined && !options.signal?.aborted) return failed;
          const next = items.next();
          next.catch(() => {
            failed = next as Promise<never>;
          });
          return next;
        },
      });
    },
    options: { items: ITEMS, model: same },
    message: /the failure came out twice/,
  },
  {
    law: "L6",
    what: "a function that fails for a reason of its own",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      return withMethods(items, {
        next: () =>
          items.next().catch((error) => {
            throw options.signal?.aborted ? error : new Error("something went wrong");
          }),
      });
    },
    options: { items: ITEMS, model: same },
    message:
      /something went wrong came out, and has no Error: the check has seen enough for a cause/,
  },
  {
    law: "L6",
    what: "a function that leaves a rejection unhandled",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      return withMethods(items, {
        next: () => {
          const next = items.next();
          next.then(() => {});
          return next;
        },
      });
    },
    options: { items: ITEMS, model: same },
    message: /a rejection is not handled: StreamingError/,
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
    message: /the source is silent behind 4 items, and 3 items came out: 4 must/,
  },
  {
    law: "L12",
    what: "a function that leaves a listener on the signal",
    create: () => (source: Source, options: Signalled) => {
      options.signal?.addEventListener("abort", () => {});
      return pass(source, options);
    },
    options: { items: ITEMS, model: same },
    message: /1 listeners are on the signal behind its end/,
  },
  {
    law: "L12",
    what: "an operator that leaves a timer behind",
    create: () =>
      map((item: number) => {
        timers.push(setTimeout(() => {}, 60_000));
        return item;
      }),
    cleanUp: () => timers.forEach((timer) => clearTimeout(timer)),
    options: { items: ITEMS, model: same },
    message: /4 timers are set behind its end/,
  },
  {
    law: "L13",
    what: "a function that does not look at its signal",
    create: () => (source: Source) => pass(source, {}),
    options: { items: ITEMS, model: same },
    message: /the pull was not rejected, though the signal was aborted/,
  },
  {
    law: "L13",
    what: "a function that is rejected with another reason",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      return withMethods(items, {
        next: () =>
          items.next().catch((error) => {
            throw options.signal?.aborted ? new Error("aborted") : error;
          }),
      });
    },
    options: { items: ITEMS, model: same },
    message: /it was rejected with Error: aborted, and not with the reason of the signal/,
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
    message: /killed at \d+: .* came out behind/,
  },
];
