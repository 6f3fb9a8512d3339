// Sources that break the protocol of iteration, or keep it in unusual ways, and note how they are
// read.

import { unreadable } from "./hostile_values.ts";

/** What is asked of an iterator, in its order. */
export type Log = string[];

/** Makes an iterable that notes in `log` how it is read. */
export type MakeIterable = (log: Log) => unknown;

const FAILURE = new Error("the iterator failed");
const LAST = 3;

function fail(): never {
  throw FAILURE;
}

/** An iterator of 0, 1, 2 whose answer for item 1 is another, and whose other parts are these. */
function iteratorOf(log: Log, isAsync: boolean, parts: object, odd?: () => unknown): object {
  let index = 0;
  return {
    next() {
      log.push("next");
      const done = index === LAST;
      const answer = index === 1 && odd !== undefined
        ? odd()
        : { done, value: done ? undefined : index };
      index++;
      return isAsync && odd === undefined ? Promise.resolve(answer) : answer;
    },
    return() {
      log.push("return");
      const answer = { done: true, value: undefined };
      return isAsync ? Promise.resolve(answer) : answer;
    },
    ...parts,
  };
}

function noted(log: Log, name: string, action: () => unknown): () => unknown {
  return () => {
    log.push(name);
    return action();
  };
}

/** What `next()` answers for an item in the middle. */
const ANSWERS: Readonly<Record<string, () => unknown>> = {
  "undefined": () => undefined,
  "null": () => null,
  "a number": () => 1,
  "a text": () => "item",
  "a symbol": () => Symbol("item"),
  "nothing but throws": fail,
  "an object without anything": () => ({}),
  "a function": () => Object.assign(() => {}, { done: false, value: 7 }),
  "what is done for a reason": () => ({ done: "yes", value: 7 }),
  "what is done for no reason": () => ({ done: 0, value: 7 }),
  "a done that cannot be read": () => unreadable({ value: 7 }, "done"),
  "a value that cannot be read": () => unreadable({ done: false }, "value"),
  "an end whose value cannot be read": () => unreadable({ done: true }, "value"),
};

/** What an async iterator may answer with in place of a promise, and what else it may promise. */
const LATE_ANSWERS: Readonly<Record<string, () => unknown>> = {
  "a rejection": () => Promise.reject(FAILURE),
  "a promise of a number": () => Promise.resolve(1),
  "a promise of a done that cannot be read": () =>
    Promise.resolve(unreadable({ value: 7 }, "done")),
  "a thenable": () => ({
    then: (resolve: (answer: unknown) => void) => resolve({ done: false, value: 7 }),
  }),
  "a thenable that throws": () => ({ then: fail }),
  "what cannot be awaited": () => unreadable({ done: false, value: 7 }, "then"),
};

/** How the iterator is closed. */
const CLOSINGS: Readonly<Record<string, (log: Log) => object>> = {
  "no return": () => ({ return: undefined }),
  "a return of null": () => ({ return: null }),
  "a return that throws": (log) => ({ return: noted(log, "return", fail) }),
};

/** How it is opened. */
const OPENINGS: Readonly<Record<string, (isAsync: boolean) => unknown>> = {
  "no iterator but a number": () => () => 1,
  "no iterator but undefined": () => () => undefined,
  "no iterator but throws": () => fail,
  "an iterator without next": () => () => ({}),
  "an iterator whose next is no function": () => () => ({ next: 1 }),
  "an iterator whose next cannot be read": () => () => unreadable({}, "next"),
};

/** Iterables of one kind. */
export function listIterables(isAsync: boolean): Record<string, MakeIterable> {
  const name = isAsync ? Symbol.asyncIterator : Symbol.iterator;
  const open = (iterator: (log: Log) => unknown): MakeIterable => (log) => ({
    [name]: () => iterator(log),
  });
  const all: Record<string, MakeIterable> = {
    "as usual": open((log) => iteratorOf(log, isAsync, {})),
    "a function with an iterator": (log) =>
      Object.assign(() => {}, { [name]: () => iteratorOf(log, isAsync, {}) }),
    "a next that is replaced": open((log) => {
      const iterator = iteratorOf(log, isAsync, {}) as { next: () => unknown };
      const { next } = iterator;
      iterator.next = function () {
        iterator.next = fail;
        return next.call(iterator);
      };
      return iterator;
    }),
    "a next that is looked up": (log) => ({
      [name]: () =>
        new Proxy(iteratorOf([], isAsync, {}), {
          get(target, key) {
            log.push(String(key));
            return Reflect.get(target, key);
          },
        }),
    }),
  };
  const answers = isAsync ? { ...ANSWERS, ...LATE_ANSWERS } : ANSWERS;
  for (const [answer, odd] of Object.entries(answers)) {
    all[`a next that answers ${answer}`] = open((log) => iteratorOf(log, isAsync, {}, odd));
  }
  for (const [closing, parts] of Object.entries(CLOSINGS)) {
    all[closing] = open((log) => iteratorOf(log, isAsync, parts(log)));
  }
  for (const [opening, make] of Object.entries(OPENINGS)) {
    all[opening] = () => ({ [name]: make(isAsync) });
  }
  if (isAsync) {
    for (const absent of [undefined, null]) {
      all[`${absent} for an async iterator beside a sync one`] = (log) => ({
        [Symbol.asyncIterator]: absent,
        [Symbol.iterator]: () => iteratorOf(log, false, {}),
      });
    }
  }
  return all;
}
