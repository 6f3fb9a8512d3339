// L9: bad input throws at once, with a sentence that says what, the rule and the value.

import { assertEquals, assertThrows } from "@std/assert";
import { join, retrySource, share } from "../../mod.ts";
import { test } from "../harness.ts";

type ErrorClass = typeof TypeError | typeof RangeError;
type Case = readonly [build: () => unknown, errorClass: ErrorClass, message: string];

const JOIN = {
  leftKey: (item: unknown) => item,
  rightKey: (item: unknown) => item,
  kind: "inner",
  strategy: "hash",
};
const RETRY = { maxAttempts: 2, backoffMs: 0 };

const joinWith = (options: unknown) => () => join([], [], options as never);
const retryWith = (options: unknown) => () => retrySource(() => [], options as never);
const shareWith = (options: unknown) => () => share([], options as never);

const CASES: readonly Case[] = [
  [joinWith(undefined), TypeError, "join: options must be an object, got undefined"],
  [joinWith({ ...JOIN, leftKey: "id" }), TypeError, 'join: leftKey must be a function, got "id"'],
  [
    joinWith({ ...JOIN, rightKey: undefined }),
    TypeError,
    "join: rightKey must be a function, got undefined",
  ],
  [
    joinWith({ ...JOIN, kind: "outer" }),
    TypeError,
    'join: kind must be one of inner, left, got "outer"',
  ],
  [
    joinWith({ ...JOIN, strategy: undefined }),
    TypeError,
    "join: strategy must be one of hash, sorted, got undefined",
  ],
  [
    joinWith({ ...JOIN, build: "both" }),
    TypeError,
    'join: build must be one of left, right, got "both"',
  ],
  [
    joinWith({ ...JOIN, strategy: "sorted", build: "left" }),
    TypeError,
    'join: build must be absent where strategy is "sorted", got "left"',
  ],
  [
    joinWith({ ...JOIN, compare: () => 0 }),
    TypeError,
    'join: compare must be absent where strategy is "hash", got a function',
  ],
  [
    joinWith({ ...JOIN, strategy: "sorted", compare: 1 }),
    TypeError,
    "join: compare must be a function, got 1",
  ],
  ...[0, -1, 1.5, NaN, Infinity].map((maxItems): Case => [
    joinWith({ ...JOIN, maxItems }),
    RangeError,
    `join: maxItems must be a positive integer, got ${maxItems}`,
  ]),
  [
    joinWith({ ...JOIN, limit: 1 }),
    TypeError,
    'join: unknown option "limit"; it takes leftKey, rightKey, kind, strategy, build, maxItems, ' +
    "compare",
  ],
  [
    () => retrySource([] as never, RETRY),
    TypeError,
    "call retrySource: open must be a function, got an array",
  ],
  [
    retryWith(undefined),
    TypeError,
    "call retrySource: retry must be a number of attempts, or options such as { maxAttempts: 3 }, got undefined",
  ],
  [
    retryWith({ ...RETRY, maxAttempts: 0 }),
    RangeError,
    "call retrySource: retry.maxAttempts must be a positive integer, got 0",
  ],
  [
    retryWith({ ...RETRY, backoffMs: NaN }),
    RangeError,
    "call retrySource: retry.backoffMs must be a finite number of at least 0, got NaN",
  ],
  [shareWith(undefined), TypeError, "share: options must be an object, got undefined"],
  [
    shareWith({}),
    RangeError,
    "share: bufferSize must be a positive integer, got undefined",
  ],
  [
    shareWith({ bufferSize: 0 }),
    RangeError,
    "share: bufferSize must be a positive integer, got 0",
  ],
  [
    shareWith({ bufferSize: 1, whenFull: "drop" }),
    TypeError,
    'share: unknown option "whenFull"; it takes bufferSize, stallMs',
  ],
  [
    shareWith({ bufferSize: 1, size: 2 }),
    TypeError,
    'share: unknown option "size"; it takes bufferSize, stallMs. Did you mean bufferSize?',
  ],
];

for (const [build, errorClass, message] of CASES) {
  test(`[L9] it throws "Cannot ${message}"`, () => {
    assertEquals(assertThrows(build, errorClass).message, `Cannot ${message}`);
  });
}
