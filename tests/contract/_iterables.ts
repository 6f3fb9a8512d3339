// Iterables that break the protocol of iteration, and iterables that keep it in unusual ways.

const ITEMS = [1, 2, 3] as const;

/** Three results, and then the end, as plain as they can be. */
export function createResults(): () => { done: boolean; value: number | undefined } {
  let at = 0;
  return () => {
    const value = ITEMS[at++];
    return { done: value === undefined, value };
  };
}

type Create = () => unknown;

const sync = (createIterator: Create): Create => () => ({ [Symbol.iterator]: createIterator });
const async = (createIterator: Create): Create => () => ({
  [Symbol.asyncIterator]: createIterator,
});

/** What a property can be read as only so often. */
function limitReads(target: object, name: string, value: unknown, times = 1): object {
  let reads = 0;
  return Object.defineProperty(target, name, {
    get() {
      if (++reads > times) throw new Error(`${name} was read ${reads} times`);
      return value;
    },
  });
}

const limitResult = ({ done, value }: { done: boolean; value: unknown }) =>
  limitReads(limitReads({}, "done", done), "value", value);

const toCallable = (next: Create) => Object.assign(() => {}, { next });

/** Those that no loop of the language reads either; each fails with a `TypeError`. */
export const BROKEN: Readonly<Record<string, Create>> = {
  ...Object.fromEntries(
    [5, "text", true, undefined, null, Symbol("result"), 1n].flatMap((answer) => [
      [`next() answers ${String(answer)}`, sync(() => ({ next: () => answer }))],
      [`an async next() answers ${String(answer)}`, async(() => ({ next: () => answer }))],
      [
        `an async next() resolves to ${String(answer)}`,
        async(() => ({ next: () => Promise.resolve(answer) })),
      ],
    ]),
  ),
  ...Object.fromEntries(
    [5, undefined, null].flatMap((iterator) => [
      [`the iterator is ${iterator}`, sync(() => iterator)],
      [`the async iterator is ${iterator}`, async(() => iterator)],
      [`next is ${iterator}`, sync(() => ({ next: iterator }))],
      [`an async next is ${iterator}`, async(() => ({ next: iterator }))],
    ]),
  ),
  "Symbol.iterator is no function": () => ({ [Symbol.iterator]: 5 }),
  "Symbol.asyncIterator is no function": () => ({
    [Symbol.asyncIterator]: 5,
    [Symbol.iterator]: () => [1][Symbol.iterator](),
  }),
};

/** Those that only `for of` without an end would read. */
export const NEVER_ENDING: Readonly<Record<string, Create>> = {
  "a sync next() answers with a promise": sync(() => {
    const next = createResults();
    return { next: () => Promise.resolve(next()) };
  }),
};

const FAILURE: Error = new Error("thrown by the test");

const failOnRead = (target: object, name: string) =>
  Object.defineProperty(target, name, {
    get() {
      throw FAILURE;
    },
  });

/** Those that throw the failure themselves, and are not closed then. */
export const THROWING: Readonly<Record<string, (close: Create) => unknown>> = {
  "opening throws": () => ({
    [Symbol.iterator]() {
      throw FAILURE;
    },
  }),
  "Symbol.asyncIterator throws": () => failOnRead({}, Symbol.asyncIterator as never),
  "looking up next throws": (close) => sync(() => failOnRead({ return: close }, "next"))(),
  "next() throws": (close) =>
    sync(() => ({
      next() {
        throw FAILURE;
      },
      return: close,
    }))(),
  "an async next() throws": (close) =>
    async(() => ({
      next() {
        throw FAILURE;
      },
      return: close,
    }))(),
  "an async next() rejects": (close) =>
    async(() => ({ next: () => Promise.reject(FAILURE), return: close }))(),
  "done throws": (close) => sync(() => ({ next: () => failOnRead({}, "done"), return: close }))(),
  "done of an async result throws": (close) =>
    async(() => ({ next: () => Promise.resolve(failOnRead({}, "done")), return: close }))(),
  "value throws": (close) =>
    sync(() => ({ next: () => failOnRead({ done: false }, "value"), return: close }))(),
  "value of an async result throws": (close) =>
    async(() => ({
      next: () => Promise.resolve(failOnRead({ done: false }, "value")),
      return: close,
    }))(),
};

export { FAILURE as ITERABLE_FAILURE };

/** Those that `for await` reads to their end. */
export const UNUSUAL: Readonly<Record<string, Create>> = {
  "Symbol.asyncIterator is undefined": () => ({
    [Symbol.asyncIterator]: undefined,
    [Symbol.iterator]: () => ({ next: createResults() }),
  }),
  "Symbol.asyncIterator is null": () => ({
    [Symbol.asyncIterator]: null,
    [Symbol.iterator]: () => ({ next: createResults() }),
  }),
  "it has both kinds of iterators": () => ({
    [Symbol.asyncIterator]: () => ({ next: createResults() }),
    [Symbol.iterator]: () => [9][Symbol.iterator](),
  }),
  "next can be looked up once": sync(() => limitReads({}, "next", createResults())),
  "an async next can be looked up once": async(() => limitReads({}, "next", createResults())),
  "next is replaced after the first call": sync(() => {
    const results = createResults();
    const iterator = {
      next() {
        iterator.next = () => ({ done: false, value: 9 });
        return results();
      },
    };
    return iterator;
  }),
  "the result is one object": sync(() => {
    const next = createResults();
    const result = {};
    return { next: () => Object.assign(result, next()) };
  }),
  "the async result is one object": async(() => {
    const next = createResults();
    const result = {};
    return { next: () => Promise.resolve(Object.assign(result, next())) };
  }),
  "done and value can be read once": sync(() => {
    const next = createResults();
    return { next: () => limitResult(next()) };
  }),
  "done and value of async results can be read once": async(() => {
    const next = createResults();
    return { next: () => Promise.resolve(limitResult(next())) };
  }),
  "done is absent until it is 1": sync(() => {
    const next = createResults();
    return {
      next() {
        const { done, value } = next();
        return done ? { done: 1 } : { value };
      },
    };
  }),
  "the value of the end is not read": async(() => {
    const next = createResults();
    return {
      next() {
        const result = next();
        return result.done ? limitReads({ done: true }, "value", undefined, 0) : result;
      },
    };
  }),
  "results have no prototype": sync(() => {
    const next = createResults();
    return { next: () => Object.assign(Object.create(null), next()) };
  }),
  "results are functions": sync(() => {
    const next = createResults();
    return { next: () => Object.assign(() => {}, next()) };
  }),
  "results are proxies": async(() => {
    const next = createResults();
    return { next: () => Promise.resolve(new Proxy(next(), {})) };
  }),
  "the iterator is a function": sync(() => toCallable(createResults())),
  "the async iterator is a function": async(() => toCallable(createResults())),
  "the iterable is a function": () =>
    Object.assign(() => {}, { [Symbol.iterator]: () => ({ next: createResults() }) }),
  "return is null": sync(() => ({ next: createResults(), return: null })),
  "an async next() answers at once": async(() => ({ next: createResults() })),
  "an async next() answers with a thenable": async(() => {
    const next = createResults();
    return {
      next: () => ({ then: (resolve: (result: unknown) => void) => resolve(next()) }),
    };
  }),
  "it is a list that iterates in its own way": () =>
    Object.assign([9, 9], { [Symbol.iterator]: () => ({ next: createResults() }) }),
  "it is a list that grows while it is read": () => {
    const list = [1];
    return Object.assign(list, {
      *[Symbol.iterator]() {
        for (let at = 0; at < list.length; at++) {
          if (list.length < 3) list.push(list.length + 1);
          yield list[at];
        }
      },
    });
  },
  "it is a list of a class": () =>
    new (class extends Array<number> {
      override *[Symbol.iterator](): ArrayIterator<number> {
        yield* ITEMS;
      }
    })(),
  "it uses this": () => ({
    at: 0,
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      return { done: this.at === 3, value: ++this.at };
    },
  } as Iterator<number> & { at: number }),
};
