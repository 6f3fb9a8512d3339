// What a stage refuses when it is built, the same for each method that takes such an argument, of
// whatever pipeline. Every message names the stage, the argument, the rule and the value.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertRefused, type Methods, untyped } from "../support/refused.ts";

type Case = readonly [value: unknown, shown: string];

const NOT_A_POSITIVE_INTEGER: readonly Case[] = [
  [0, "0"],
  [-0, "0"],
  [-1, "-1"],
  [1.5, "1.5"],
  [Number.NaN, "NaN"],
  [Infinity, "Infinity"],
  [-Infinity, "-Infinity"],
  [2 ** 53, "9007199254740992"],
  ["3", `"3"`],
  [3n, "3n"],
  [true, "true"],
  [null, "null"],
  [undefined, "undefined"],
  [[3], "an array"],
  [{}, "an object"],
  [() => 3, "a function"],
  [Symbol("three"), "Symbol(three)"],
];

const NOT_A_NON_NEGATIVE_INTEGER = NOT_A_POSITIVE_INTEGER.filter(([value]) => value !== 0);

const NOT_A_FUNCTION: readonly Case[] = [
  [undefined, "undefined"],
  [null, "null"],
  [1, "1"],
  ["name", `"name"`],
  [{}, "an object"],
  [[], "an array"],
];

const NOT_A_BOOLEAN: readonly Case[] = [
  [1, "1"],
  ["true", `"true"`],
  [null, "null"],
  [{}, "an object"],
];

const NOT_AN_OBJECT: readonly Case[] = [
  [null, "null"],
  [true, "true"],
  [10, "10"],
  ["parallel", `"parallel"`],
  [[], "an array"],
  [() => {}, "a function"],
];

const NOT_A_STRATEGY: readonly Case[] = [
  ["SKIP", `"SKIP"`],
  ["fail_fast", `"fail_fast"`],
  ["toString", `"toString"`],
  ["", `""`],
  [null, "null"],
  [1, "1"],
];

const NOT_A_TIME_LIMIT: readonly Case[] = [
  [0, "0"],
  [-1, "-1"],
  [Number.NaN, "NaN"],
  [Infinity, "Infinity"],
  ["100", `"100"`],
  [null, "null"],
];

/** A kind of pipeline: begins one with a stage whose key is "taken". */
export interface Host {
  /** Precedes the names of its methods. */
  readonly title: string;
  readonly start: () => object;
}

export const STREAMING: Host = {
  title: "",
  start: () => StreamingPipeline.start<unknown>().take("taken", 1),
};

/** A method of a pipeline. */
export interface Place {
  readonly host: Host;
  readonly method: string;
  /** What follows the key, as it should be. */
  readonly args: readonly unknown[];
}

/** Calls the method with `value` in place of one of its arguments; the options come after all. */
function call({ host, method, args }: Place, at: number, value: unknown): unknown {
  const given = [...args];
  given[at] = value;
  return untyped(host.start())[method]!("key", ...given);
}

/** Keys that are no keys, and one that is taken. */
export function testKeys({ host, method, args }: Place): void {
  const build = (key: unknown) => untyped(host.start())[method]!(key, ...args);

  test(`[L9] ${host.title}${method}() refuses a key that is not a non-empty string`, () => {
    const cases: readonly Case[] = [
      ["", `""`],
      [undefined, "undefined"],
      [null, "null"],
      [1, "1"],
      [{}, "an object"],
      [["key"], "an array"],
      [Symbol("key"), "Symbol(key)"],
    ];
    for (const [key, shown] of cases) {
      const message = `Cannot add a stage (${method}): its key must be a non-empty string, ` +
        `got ${shown}`;
      assertRefused(() => build(key), TypeError, message);
    }
  });

  test(`[L9] ${host.title}${method}() refuses a key that is taken`, () => {
    const message =
      `Cannot add the stage "taken" (${method}): its key must be new, but it is taken`;
    assertRefused(() => build("taken"), TypeError, message);
  });
}

/** What an argument that must be an integer is called, and what it may be. */
export interface IntegerRule {
  readonly name: string;
  readonly minimum: 0 | 1;
  /** Values that mean something else. */
  readonly isOther?: (value: unknown) => boolean;
}

/** Values of an argument that must be an integer. */
export function testInteger(
  place: Place,
  at: number,
  { name, minimum, isOther = () => false }: IntegerRule,
): void {
  const { host, method } = place;
  const rule = minimum === 0 ? "a non-negative integer" : "a positive integer";
  const values = minimum === 0 ? NOT_A_NON_NEGATIVE_INTEGER : NOT_A_POSITIVE_INTEGER;
  const cases = values.filter(([value]) => !isOther(value));

  test(`[L9] ${host.title}${method}() refuses a ${name} that is not ${rule}`, () => {
    for (const [value, shown] of cases) {
      const message =
        `Cannot add the stage "key" (${method}): ${name} must be ${rule}, got ${shown}`;
      assertRefused(() => call(place, at, value), RangeError, message);
    }
  });
}

/** What is no function; `name` is how the message calls the argument. */
export function testFunction(
  place: Place,
  at: number,
  name: string,
  isOther: (value: unknown) => boolean = () => false,
): void {
  const { host, method } = place;
  test(`[L9] ${host.title}${method}() refuses what is not a function as ${name}`, () => {
    for (const [value, shown] of NOT_A_FUNCTION.filter(([value]) => !isOther(value))) {
      const message =
        `Cannot add the stage "key" (${method}): ${name} must be a function, got ${shown}`;
      assertRefused(() => call(place, at, value), TypeError, message);
    }
  });
}

/** What is neither function nor step, and steps that lack something. */
export function testWork(place: Place, at: number): void {
  const { host, method } = place;
  const refuse = (work: unknown, message: string) =>
    assertRefused(
      () => call(place, at, work),
      TypeError,
      `Cannot add the stage "key" (${method}): ${message}`,
    );
  const title = `${host.title}${method}() refuses, as argument ${at + 1} after the key,`;

  test(`[L9] ${title} what is neither a function nor a step`, () => {
    for (const [work, shown] of NOT_A_FUNCTION) {
      refuse(work, `its work must be a function or a step, got ${shown}`);
    }
  });

  test(`[L9] ${title} a step without a name or without a function`, () => {
    const execute = () => [];
    refuse({ name: "step", execute: 1 }, "the step's execute must be a function, got 1");
    refuse({ name: "step", execute: null }, "the step's execute must be a function, got null");
    refuse({ name: "step" }, "its work must be a function or a step, got an object");
    refuse({ execute }, "the step's name must be a non-empty string, got undefined");
    refuse({ name: "", execute }, `the step's name must be a non-empty string, got ""`);
    refuse({ name: 1, execute }, "the step's name must be a non-empty string, got 1");
  });
}

/** Stage options that are unknown, of the wrong type, out of bounds or without effect. */
export function testStageOptions(place: Place): void {
  const { host, method, args } = place;
  const operator = `${host.title}${method}`;
  const build = (options: unknown) => call(place, args.length, options);
  const subject = `Cannot add the stage "key" (${method})`;
  const refuse = (
    options: unknown,
    errorClass: typeof TypeError | typeof RangeError,
    message: string,
  ) => assertRefused(() => build(options), errorClass, `${subject}: ${message}`);

  test(`[L9] ${operator}() refuses options that are not an object`, () => {
    for (const [options, shown] of NOT_AN_OBJECT) {
      refuse(options, TypeError, `options must be an object, got ${shown}`);
    }
  });

  test(`[L9] ${operator}() refuses an option that it does not know`, () => {
    for (const name of ["concurrency", "Parallel", "toString"]) {
      const error = assertThrows(() => build({ [name]: 1 }), TypeError);
      const beginning = `${subject}: unknown option "${name}"; it takes parallel, `;
      assertEquals(error.message.slice(0, beginning.length), beginning);
    }
  });

  test(`[L9] ${operator}() refuses an option of the wrong type or out of bounds`, () => {
    for (const [value, shown] of NOT_A_BOOLEAN) {
      refuse(
        { parallel: value },
        TypeError,
        `parallel must be a boolean, got ${shown}; concurrencyLimit takes a number`,
      );
      const unordered = { parallel: true, ordered: value };
      refuse(unordered, TypeError, `ordered must be a boolean, got ${shown}`);
    }
    for (const [concurrencyLimit, shown] of NOT_A_POSITIVE_INTEGER) {
      if (concurrencyLimit === undefined) continue;
      const message = `concurrencyLimit must be a positive integer, got ${shown}`;
      refuse({ parallel: true, concurrencyLimit }, RangeError, message);
      refuse({ parallel: false, concurrencyLimit }, RangeError, message);
    }
    for (const [highWaterMark, shown] of NOT_A_NON_NEGATIVE_INTEGER) {
      if (highWaterMark === undefined) continue;
      const message = `highWaterMark must be a non-negative integer, got ${shown}`;
      refuse({ parallel: true, highWaterMark }, RangeError, message);
    }
  });

  test(`[L9] ${operator}() refuses an error strategy, time limit or retry that is not valid`, () => {
    const strategies = "FAIL_FAST, SKIP_FAILED, COLLECT_ERRORS, SPLIT_ERRORS";
    for (const [errorStrategy, shown] of NOT_A_STRATEGY) {
      refuse(
        { errorStrategy },
        TypeError,
        `errorStrategy must be one of ${strategies}, got ${shown}`,
      );
    }
    for (const [timeoutMs, shown] of NOT_A_TIME_LIMIT) {
      const message = `timeoutMs must be a finite number of at least 1, got ${shown}`;
      refuse({ timeoutMs }, RangeError, message);
    }
    for (const [retry, shown] of NOT_AN_OBJECT.filter(([value]) => typeof value !== "number")) {
      const error = assertThrows(() => build({ retry }), TypeError);
      assertStringIncludes(error.message, subject);
      assertStringIncludes(
        error.message,
        `retry must be a number of attempts, or options such as { maxAttempts: 3 }, got ${shown}`,
      );
    }
  });

  test(`[L9] ${operator}() refuses an option that has no effect`, () => {
    for (const options of [{ ordered: true }, { highWaterMark: 0 }]) {
      const [name] = Object.keys(options);
      const message = `${name} needs concurrencyLimit or parallel: true, ` +
        `or parallel: false where it is meant to have no effect`;
      refuse(options, TypeError, message);
      build({ ...options, parallel: false });
      build({ ...options, parallel: true });
    }
  });
}

/** An option of its own that a stage refuses: the value, the class, and what the message ends with. */
export type BadOption = readonly [
  options: unknown,
  errorClass: typeof TypeError | typeof RangeError,
  message: string,
];

/**
 * Options of a stage that are refused, and what its messages say. A stage may
 * take other values in their place, as a shorthand.
 */
export function testOptions(
  operator: string,
  build: (options: unknown, methods: Methods) => unknown,
  cases: readonly BadOption[],
  isShorthand: (value: unknown) => boolean = () => false,
): void {
  const subject = `Cannot add the stage "key" (${operator})`;

  test(`[L9] ${operator}() refuses options that are not valid`, () => {
    for (const [options, errorClass, message] of cases) {
      assertRefused(
        () => build(options, untyped(STREAMING.start())),
        errorClass,
        `${subject}: ${message}`,
      );
    }
  });

  test(`[L9] ${operator}() refuses options that are no object, and an option it does not know`, () => {
    for (const [options, shown] of NOT_AN_OBJECT) {
      if (isShorthand(options)) continue;
      const message = `${subject}: options must be an object, got ${shown}`;
      assertRefused(() => build(options, untyped(STREAMING.start())), TypeError, message);
    }
    const error = assertThrows(() => build({ Size: 1 }, untyped(STREAMING.start())), TypeError);
    assertStringIncludes(error.message, `${subject}: unknown option "Size"; it takes `);
  });
}
