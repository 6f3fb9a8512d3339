// Operators that break one law each on what is left behind, and on aborts, and what is said of that.

import { map } from "../../src/operators/mod.ts";
import {
  type Broken,
  ITEMS,
  pass,
  same,
  type Signalled,
  type Source,
  withMethods,
} from "./_broken.ts";

const timers: ReturnType<typeof setTimeout>[] = [];

/** The laws L12 and L13, and of L4 what leaving must not do. */
export const BROKEN_LEAVING: readonly Broken[] = [
  {
    law: "L4",
    what: "a function that reads one more item when it is left",
    create: () => (source: Source, options: Signalled) => {
      let opened: AsyncIterator<number> | undefined;
      const noted = { [Symbol.asyncIterator]: () => opened = source[Symbol.asyncIterator]() };
      const items = pass(noted, options);
      return withMethods(items, {
        return() {
          opened?.next().catch(() => {});
          return items.return(undefined);
        },
      });
    },
    options: { items: ITEMS, model: same },
    message: /the source was read by return\(\)$/,
  },
  {
    law: "L4",
    what: "a function that opens its source when it is left unread",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      let isRead = false;
      return withMethods(items, {
        next() {
          isRead = true;
          return items.next();
        },
        return() {
          if (!isRead) source[Symbol.asyncIterator]();
          return items.return(undefined);
        },
      });
    },
    options: { items: ITEMS, model: same },
    message: /the source was opened by return\(\), and is left open$/,
  },
  {
    law: "L12",
    what: "a function that leaves a listener on the signal",
    create: () => (source: Source, options: Signalled) => {
      options.signal?.addEventListener("abort", () => {});
      return pass(source, options);
    },
    options: { items: ITEMS, model: same },
    message: /left on the signal after its end: 1 listener$/,
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
    message: /still set after its end: 4 timers$/,
  },
  {
    law: "L12",
    what: "a function that leaves a timer behind when it is aborted",
    create: () => (source: Source, options: Signalled) => {
      const items = pass(source, options);
      return withMethods(items, {
        next: () =>
          items.next().catch((error) => {
            if (options.signal?.aborted) timers.push(setTimeout(() => {}, 60_000));
            throw error;
          }),
      });
    },
    cleanUp: () => timers.forEach((timer) => clearTimeout(timer)),
    options: { items: ITEMS, model: same },
    message: /still set after an abort: 1 timer$/,
  },
  {
    law: "L12",
    what: "an operator that leaves a timer behind where it fails itself",
    create: () =>
      map((item: number) => {
        if (item >= 0) return item;
        timers.push(setTimeout(() => {}, 60_000));
        throw new Error("the item is bad");
      }),
    cleanUp: () => timers.forEach((timer) => clearTimeout(timer)),
    options: { items: ITEMS, model: same, badItem: { item: -1 } },
    message: /still set after a failure of its own: 1 timer$/,
  },
  {
    law: "L13",
    what: "a function that waits for an abort that has been",
    create: () => (source: Source, options: Signalled) =>
      pass(source, options.signal?.aborted ? {} : options),
    options: { items: ITEMS, model: same },
    message: /the pull was not rejected, though the signal was aborted/,
  },
  {
    law: "L13",
    what: "a function that misses an abort between two pulls",
    create: () => (source: Source, { signal }: Signalled) => {
      signal?.throwIfAborted();
      const own = new AbortController();
      const items = pass(source, { signal: own.signal });
      const onAbort = () => own.abort(signal?.reason);
      return withMethods(items, {
        next() {
          signal?.addEventListener("abort", onAbort);
          return items.next().finally(() => signal?.removeEventListener("abort", onAbort));
        },
      });
    },
    options: { items: ITEMS, model: same },
    message: /the pull was not rejected, though the signal was aborted/,
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
];
