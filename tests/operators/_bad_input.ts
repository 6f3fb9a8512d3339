// Tests of what a stage refuses when it is built, the same for each operator that takes such an
// argument. Every message names the stage, the argument, the rule and the value.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

/** A builder method without its types, for calls that do not compile. */
export type Method = (...args: unknown[]) => unknown;

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

/** The methods of a pipeline without their types. */
export type Methods = Readonly<Record<string, Method>>;

/** The methods of `pipeline` without their types. */
export function untyped(pipeline: object): Methods {
  return new Proxy(pipeline as Record<string, Method>, {
    get: (target, name) => (target[String(name)] as Method).bind(target),
  });
}

function getMethods(): Methods {
  return untyped(StreamingPipeline.start<unknown>().take("taken", 1));
}

/** Asserts that `build` throws exactly this. */
export function assertRefused(
  build: () => unknown,
  errorClass: typeof TypeError | typeof RangeError,
  message: string,
): void {
  const error = assertThrows(build, errorClass);
  assertEquals(withoutHint(error.message), message);
}

/** What a message says, less what it says was probably meant: see tests/internal/guesses_test.ts. */
export function withoutHint(message: string): string {
  return message.replace(
    /; (the key comes first: |items are given to ).*$|; is a return missing\?$|\. Did you mean \w+\?$/,
    "",
  );
}

/** How a message begins that names a function without a stage. */
export function cannot(name: string): string {
  return /[A-Z]/.test(name) ? `Cannot call ${name}` : `Cannot ${name}`;
}

/** Keys that are no keys, and one that is taken. `rest` is what follows the key. */
export function testKeys(operator: string, ...rest: unknown[]): void {
  const build = (key: unknown) => getMethods()[operator]!(key, ...rest);

  test(`[L9] ${operator}() refuses a key that is not a non-empty string`, () => {
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
      const message =
        `Cannot add a stage (${operator}): its key must be a non-empty string, got ${shown}`;
      assertRefused(() => build(key), TypeError, message);
    }
  });

  test(`[L9] ${operator}() refuses a key that is taken`, () => {
    const message =
      `Cannot add the stage "taken" (${operator}): its key must be new, but it is taken`;
    assertRefused(() => build("taken"), TypeError, message);
  });
}

/** Values of an argument that must be an integer; `isOther` are those that mean something else. */
export function testInteger(
  operator: string,
  name: string,
  minimum: 0 | 1,
  isOther: (value: unknown) => boolean = () => false,
): void {
  const rule = minimum === 0 ? "a non-negative integer" : "a positive integer";
  const values = minimum === 0 ? NOT_A_NON_NEGATIVE_INTEGER : NOT_A_POSITIVE_INTEGER;
  const cases = values.filter(([value]) => !isOther(value));

  test(`[L9] ${operator}() refuses a ${name} that is not ${rule}`, () => {
    for (const [value, shown] of cases) {
      const message =
        `Cannot add the stage "key" (${operator}): ${name} must be ${rule}, got ${shown}`;
      assertRefused(() => getMethods()[operator]!("key", value), RangeError, message);
    }
  });
}

/** What is no function; `name` is how the message calls the argument. */
export function testFunction(
  operator: string,
  name: string,
  build: (value: unknown, methods: Methods) => unknown,
  cases: readonly Case[] = NOT_A_FUNCTION,
): void {
  test(`[L9] ${operator}() refuses what is not a function as ${name}`, () => {
    for (const [value, shown] of cases) {
      const message =
        `Cannot add the stage "key" (${operator}): ${name} must be a function, got ${shown}`;
      assertRefused(() => build(value, getMethods()), TypeError, message);
    }
  });
}

/** What is neither function nor step, and steps that lack something. */
export function testWork(
  operator: string,
  build: (work: unknown, methods: Methods) => unknown,
): void {
  const refuse = (work: unknown, message: string) =>
    assertRefused(
      () => build(work, getMethods()),
      TypeError,
      `Cannot add the stage "key" (${operator}): ${message}`,
    );

  test(`[L9] ${operator}() refuses what is neither a function nor a step`, () => {
    for (const [work, shown] of NOT_A_FUNCTION) {
      refuse(work, `its work must be a function or a step, got ${shown}`);
    }
  });

  test(`[L9] ${operator}() refuses a step without a name or without a function`, () => {
    const execute = () => [];
    refuse({ name: "step", execute: 1 }, "the step's execute must be a function, got 1");
    refuse({ name: "step", execute: null }, "the step's execute must be a function, got null");
    refuse({ execute }, "the step's name must be a non-empty string, got undefined");
    refuse({ name: "", execute }, `the step's name must be a non-empty string, got ""`);
    refuse({ name: 1, execute }, "the step's name must be a non-empty string, got 1");
  });
}

/** Stage options that are unknown, of the wrong type, out of bounds or without effect. */
export function testStageOptions(
  operator: string,
  build: (options: unknown, methods: Methods) => unknown,
): void {
  const subject = `Cannot add the stage "key" (${operator})`;
  const refuse = (
    options: unknown,
    errorClass: typeof TypeError | typeof RangeError,
    message: string,
  ) => assertRefused(() => build(options, getMethods()), errorClass, `${subject}: ${message}`);

  test(`[L9] ${operator}() refuses options that are not an object`, () => {
    for (const [options, shown] of NOT_AN_OBJECT) {
      refuse(options, TypeError, `options must be an object, got ${shown}`);
    }
  });

  test(`[L9] ${operator}() refuses an option that it does not know`, () => {
    for (const name of ["concurrency", "Parallel", "toString"]) {
      const error = assertThrows(() => build({ [name]: 1 }, getMethods()), TypeError);
      const beginning = `${subject}: unknown option "${name}"; it takes parallel, `;
      assertEquals(error.message.slice(0, beginning.length), beginning);
    }
  });

  test(`[L9] ${operator}() refuses an option of the wrong type or out of bounds`, () => {
    for (const [value, shown] of NOT_A_BOOLEAN) {
      refuse({ parallel: value }, TypeError, `parallel must be a boolean, got ${shown}`);
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
      const error = assertThrows(() => build({ retry }, getMethods()), TypeError);
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
      build({ ...options, parallel: false }, getMethods());
      build({ ...options, parallel: true }, getMethods());
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
      assertRefused(() => build(options, getMethods()), errorClass, `${subject}: ${message}`);
    }
  });

  test(`[L9] ${operator}() refuses options that are no object, and an option it does not know`, () => {
    for (const [options, shown] of NOT_AN_OBJECT) {
      if (isShorthand(options)) continue;
      const message = `${subject}: options must be an object, got ${shown}`;
      assertRefused(() => build(options, getMethods()), TypeError, message);
    }
    const error = assertThrows(() => build({ Size: 1 }, getMethods()), TypeError);
    assertStringIncludes(error.message, `${subject}: unknown option "Size"; it takes `);
  });
}

/** What a number of some kind must not be. */
export const NO_NUMBERS: readonly Case[] = [
  [-1, "-1"],
  [Number.NaN, "NaN"],
  [Infinity, "Infinity"],
  ["3", `"3"`],
  [null, "null"],
  [{}, "an object"],
];
