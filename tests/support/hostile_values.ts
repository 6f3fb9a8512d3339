// Values that are hard to look at: what a program can throw, each made fresh, because some of them
// change what reads them.

import { StreamingError } from "../../mod.ts";

/** Makes a value. */
export type Make = () => unknown;

const CHAIN_LENGTH = 200_000;

/** What errors, answers of HTTP and promises are read for; Node 20 makes the stack from the others. */
const READ_PROPERTIES = [
  ...["stack", "message", "name", "code", "cause", "status", "statusCode", "headers", "response"],
  ...["retryable", "retryAfterMs", "suppressed", "then", "constructor", "toString", "toJSON"],
  ...[Symbol.toStringTag, Symbol.toPrimitive, Symbol.iterator, Symbol.asyncIterator],
];

/** An object that throws when one of these is read from it. */
export function unreadable(target: object, ...properties: readonly PropertyKey[]): object {
  const get = (): never => {
    throw new Error("This cannot be read");
  };
  for (const property of properties) Object.defineProperty(target, property, { get });
  return target;
}

function selfCaused(): Error {
  const error = new TypeError("its own cause");
  error.cause = error;
  return error;
}

function circle(): Error {
  const one = new TypeError("one");
  one.cause = new TypeError("other", { cause: one });
  return one;
}

/** A new cause at each look. */
function endless(): Error {
  return Object.defineProperty(new TypeError("endless"), "cause", { get: endless }) as Error;
}

let chainTail: object | undefined;

function longChain(): Error {
  if (chainTail === undefined) {
    for (let length = 0; length < CHAIN_LENGTH; length++) {
      chainTail = { name: "TypeError", message: "in a chain", cause: chainTail };
    }
  }
  return new TypeError("the head of a chain", { cause: chainTail });
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** A proxy that throws whatever is asked of it. */
export function refusing(target: object = {}): object {
  const handler = new Proxy({}, {
    get: () => () => {
      throw new Error("Nothing can be asked of this");
    },
  });
  return new Proxy(target, handler);
}

/** Walking up its prototypes never ends. */
function bottomless(): object {
  return new Proxy({}, { getPrototypeOf: bottomless });
}

/** As an error of another realm looks from here: its prototype is none of ours. */
function foreign(name: string, message: string): object {
  const stack = `${name}: ${message}\n    at elsewhere`;
  return Object.assign(Object.create(null), { name, message, stack });
}

function* endlessHeaders(): Generator<readonly string[], void, undefined> {
  for (;;) yield ["x-more", "1"];
}

/** Values that can be thrown, by what is odd about them. */
export const HOSTILE_VALUES: Readonly<Record<string, Make>> = {
  "undefined": () => undefined,
  "null": () => null,
  "zero": () => 0,
  "NaN": () => NaN,
  "an empty text": () => "",
  "a text": () => "disk full",
  "a bigint": () => 1n,
  "a symbol": () => Symbol("thrown"),
  "a function": () => () => {},
  "a class": () => class TimeoutError extends Error {},
  "an array": () => [],
  "an object without a prototype": () => Object.create(null),
  "an error that is its own cause": selfCaused,
  "two errors that cause each other": circle,
  "an error with a new cause at each look": endless,
  "an error with 200,000 causes": longChain,
  "an error that can no longer be changed": () => Object.freeze(new Error("frozen")),
  "an error of another realm": () => foreign("TypeError", "fetch failed"),
  "an abort of another realm": () => foreign("AbortError", "stopped"),
  "an object that only looks like a StreamingError": () => Object.create(StreamingError.prototype),
  "an aggregate of itself": () => {
    const error = new AggregateError([], "of itself");
    error.errors.push(error);
    return error;
  },
  "an error without a readable property": () => unreadable(new Error(), ...READ_PROPERTIES),
  ...Object.fromEntries(READ_PROPERTIES.map((property) => [
    `an error without a readable ${String(property)}`,
    () => unreadable(new Error("failed"), property),
  ])),
  "a code, a status and a name of the wrong type": () =>
    Object.assign(new Error(), { code: {}, status: "503", name: 1, message: Symbol("text") }),
  "headers that throw": () => Object.assign(new Error(), { headers: refusing() }),
  "headers without an end": () => Object.assign(new Error(), { headers: endlessHeaders() }),
  "a revoked proxy": revoked,
  "a proxy that throws in every trap": () => refusing(),
  "an error behind a proxy that throws in every trap": () => refusing(new Error("behind")),
  "a cause that throws in every trap": () => new TypeError("outer", { cause: refusing() }),
  "a proxy with prototypes without an end": bottomless,
  "a promise": () => Promise.resolve("thrown"),
  "a thenable that never settles": () => ({ then() {} }),
  "a thenable that throws": () => ({
    then() {
      throw new Error("from then");
    },
  }),
};

/** A promise that cannot be awaited in the usual way. */
function oddPromise(property: "then" | "constructor"): Promise<unknown> {
  return unreadable(Promise.resolve("an answer"), property) as Promise<unknown>;
}

/** Values that fail whoever asks whether they are promises, or awaits them. */
export const HOSTILE_ANSWERS: Readonly<Record<string, Make>> = {
  "an object whose then cannot be read": () => unreadable({}, "then"),
  "a promise whose then cannot be read": () => oddPromise("then"),
  "a promise whose constructor cannot be read": () => oddPromise("constructor"),
  "a promise whose then throws": () =>
    Object.assign(Promise.resolve("an answer"), {
      then() {
        throw new Error("from then");
      },
    }),
  "a thenable that throws": () => ({
    then() {
      throw new Error("from then");
    },
  }),
  "a thenable that rejects later, twice": () => ({
    then(_: unknown, reject: (error: unknown) => void) {
      queueMicrotask(() => {
        reject(new Error("from then"));
        reject(new Error("again"));
      });
    },
  }),
  "a thenable that rejects and then resolves": () => ({
    then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
      reject(new Error("from then"));
      resolve("an answer");
    },
  }),
  "a revoked proxy": revoked,
  "a proxy that throws in every trap": () => refusing(),
  "a thenable of another that throws": () => ({
    then: (resolve: (value: unknown) => void) => resolve(unreadable({}, "then")),
  }),
};

/** Thenables in the least that they can do, each answering with this. */
export const ODD_THENABLES: Readonly<Record<string, (answer: unknown) => unknown>> = {
  "a thenable that returns nothing": (answer) => new Thenable((resolve) => resolve(answer)),
  "a thenable that answers twice": (answer) =>
    new Thenable((resolve) => {
      resolve(answer);
      resolve("another answer");
    }),
  "a thenable that answers and then throws": (answer) =>
    new Thenable((resolve) => {
      resolve(answer);
      throw new Error("too late");
    }),
  "a thenable that answers later": (answer) =>
    new Thenable((resolve) => queueMicrotask(() => resolve(answer))),
  "a thenable that answers with a thenable": (answer) =>
    new Thenable((resolve) => resolve(new Thenable((resolve) => resolve(answer)))),
};

/** Begins its work at each call of `then`, as the queries of some database clients do. */
class Thenable {
  #isBegun = false;
  readonly #work: (resolve: (value: unknown) => void) => void;

  constructor(work: (resolve: (value: unknown) => void) => void) {
    this.#work = work;
  }

  then(resolve: (value: unknown) => void): undefined {
    if (this.#isBegun) throw new Error("The work was begun twice");
    this.#isBegun = true;
    this.#work(resolve);
  }
}
