// Operators that break one law each on how they end, and what is said of that.

import {
  type Broken,
  ITEMS,
  pass,
  same,
  type Signalled,
  type Source,
  withMethods,
} from "./_broken.ts";

/** The laws L4, L5 and L6. */
export const BROKEN_ENDS: readonly Broken[] = [
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
    law: "L4",
    what: "a function that reads on after the return() of its source",
    create: () => (source: Source, options: Signalled) => {
      const read = {
        [Symbol.asyncIterator]: () => {
          const items = source[Symbol.asyncIterator]();
          return {
            next: () => items.next(),
            return: () => {
              const closing = items.return!();
              items.next().catch(() => {});
              return closing;
            },
          };
        },
      };
      return pass(read, options);
    },
    options: { items: ITEMS, model: same },
    message: /the source was read when it had been closed/,
  },
  {
    law: "L4",
    what: "a function that begins anew when it is asked after return()",
    create: () => (source: Source, options: Signalled) => {
      let items: AsyncGenerator<number> | undefined;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => (items ??= pass(source, options)).next(),
          return: async () => {
            const left = items;
            items = undefined;
            await left?.return(undefined);
            return { done: true as const, value: undefined };
          },
        }),
      };
    },
    options: { items: ITEMS, model: same },
    message: /after return\(\), a pull does not answer with the end/,
  },
  {
    law: "L4",
    what: "a function that takes it that each source has a return()",
    create: () => (source: Source, options: Signalled) => {
      const strict = {
        [Symbol.asyncIterator]: () => {
          const items = source[Symbol.asyncIterator]();
          return { next: () => items.next(), return: () => items.return!() };
        },
      };
      return pass(strict, options);
    },
    options: { items: ITEMS, model: same },
    message: /return\(\) has failed over a source that has no return\(\)/,
  },
  {
    law: "L5",
    what: "a function that closes only after the pull that it owes, as async generators do",
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
    message: /return\(\) waits for a source that is silent after 0 items/,
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
    what: "a function that fails again after its failure",
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
    what: "a function that lets a failure overtake an item",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      let ahead: Promise<IteratorResult<number>> | undefined;
      let isThere = false;
      let isLeft = false;
      let failed: { readonly error: unknown } | undefined;
      return withMethods(items, {
        async next() {
          // What has come is given up with the run.
          if (isThere && (isLeft || options.signal?.aborted)) ahead = undefined;
          const pull = ahead ?? items.next();
          ahead = undefined;
          const item = await pull;
          if (item.done) return item;
          ahead = items.next();
          isThere = false;
          ahead.then(() => isThere = true, (error) => failed = { error });
          for (let turn = 0; turn < 50; turn++) await undefined;
          if (failed !== undefined && !options.signal?.aborted) throw failed.error;
          return item;
        },
        return() {
          isLeft = true;
          return items.return(undefined);
        },
      });
    },
    options: { items: ITEMS, model: same, ahead: 1 },
    message: /3 items came out before the failure: 4 must$/,
  },
  {
    law: "L6",
    what: "a function that takes a failure of its first pull for an empty source",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      let isFirst = true;
      return withMethods(items, {
        next() {
          const next = items.next();
          const wasFirst = isFirst;
          isFirst = false;
          return next.catch((error) => {
            if (!wasFirst || options.signal?.aborted) throw error;
            return { done: true, value: undefined };
          });
        },
      });
    },
    options: { items: ITEMS, model: same },
    message: /it has ended, and the failure did not come out/,
  },
  {
    law: "L6",
    what: "a function that takes a failure without a value for none",
    create: () => (source: Source, options: Signalled) => {
      let failure: unknown;
      const caught = {
        [Symbol.asyncIterator]: () => {
          const items = source[Symbol.asyncIterator]();
          return {
            next: () =>
              items.next().catch((error) => {
                failure = error;
                return { done: true as const, value: undefined };
              }),
            return: async () => await items.return?.() ?? { done: true as const, value: undefined },
          };
        },
      };
      const items = pass(caught, options);
      return withMethods(items, {
        async next() {
          const result = await items.next();
          const error = failure;
          failure = undefined;
          if (error) throw error;
          return result;
        },
      });
    },
    options: { items: ITEMS, model: same },
    message: /undefined was thrown, and it has ended, and the failure did not come out/,
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
];
