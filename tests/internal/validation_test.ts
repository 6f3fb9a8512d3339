import { assertEquals, assertThrows } from "@std/assert";
import {
  complaint,
  describe,
  failure,
  refusal,
  refuseReturned,
  requireBoolean,
  requireFunction,
  requireInteger,
  requireKey,
  requireKnownOptions,
  requireNumber,
  requireOneOf,
} from "../../src/internal/validation.ts";
import { test } from "../harness.ts";

const STAGE = { operator: "batch", key: "batches" };
const RUN = { operator: "execute" };

function assertComplains(
  check: () => void,
  errorClass: typeof TypeError | typeof RangeError,
  message: string,
): void {
  assertEquals(assertThrows(check, errorClass).message, message);
}

test("a value is shown in a message by itself or by its kind", () => {
  const cases: readonly [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [0, "0"],
    [1.5, "1.5"],
    [Number.NaN, "NaN"],
    [-Infinity, "-Infinity"],
    [10n, "10n"],
    ["", `""`],
    ["10", `"10"`],
    [`a "word"\n`, String.raw`"a \"word\"\n"`],
    [Symbol("mark"), "Symbol(mark)"],
    [() => 1, "a function"],
    [class {}, "a function"],
    [[1], "an array"],
    [{ secret: 1 }, "an object"],
    [class {}.prototype, "an object"],
    [new Map(), "a Map"],
    [new AbortController(), "an AbortController"],
    [Promise.resolve(), "a Promise"],
    [{ [Symbol.toStringTag]: "a secret" }, "an object"],
    [Object.create(null), "an object"],
  ];

  assertEquals(cases.map(([value]) => describe(value)), cases.map(([, shown]) => shown));
});

test("a complaint names what is built, the rule and the value", () => {
  assertEquals(
    complaint(STAGE, "size", "a positive integer", 0),
    `Cannot add the stage "batches" (batch): size must be a positive integer, got 0`,
  );
  assertEquals(
    complaint(RUN, "signal", "an AbortSignal", null),
    "Cannot execute: signal must be an AbortSignal, got null",
  );
});

test("what fails in a run says so, without the data of an item", () => {
  assertEquals(
    failure(STAGE, "each item must be an array"),
    'Cannot run the stage "batches" (batch): each item must be an array',
  );
  const cases: readonly [unknown, string][] = [
    ["the secret", "string"],
    [Promise.reject(new Error("late")), "a Promise"],
    [null, "null"],
    [undefined, "undefined; is a return missing?"],
  ];
  for (const [value, shown] of cases) {
    const error = assertThrows(
      () => refuseReturned(STAGE, "its function", "an iterable", value),
      TypeError,
    );
    assertEquals(
      error.message,
      `Cannot run the stage "batches" (batch): its function must return an iterable, got ${shown}`,
    );
  }
});

test("a function of several words is called, one of one word is a verb", () => {
  assertEquals(refusal(RUN, "it has begun"), "Cannot execute: it has begun");
  assertEquals(
    refusal({ operator: "executeToArray" }, "it has begun"),
    "Cannot call executeToArray: it has begun",
  );
  assertEquals(
    refusal({ operator: 'create the step "readAll"' }, "it has begun"),
    'Cannot create the step "readAll": it has begun',
  );
});

test("a key is a non-empty string", () => {
  requireKey("map", "key");
  requireKey("map", " ");

  const message = "Cannot add a stage (map): its key must be a non-empty string, got ";
  assertComplains(() => requireKey("map", ""), TypeError, `${message}""`);
  assertComplains(
    () => requireKey("map", undefined),
    TypeError,
    `${message}undefined; the key comes first: map("key", …)`,
  );
});

test("an integer has a least value", () => {
  for (const value of [1, 2, Number.MAX_SAFE_INTEGER]) requireInteger(STAGE, "size", value, 1);
  requireInteger(STAGE, "count", 0, 0);
  requireInteger(STAGE, "count", -0, 0);

  const message = `Cannot add the stage "batches" (batch): `;
  for (const value of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 53]) {
    const rule = `size must be a positive integer, got ${value}`;
    assertComplains(() => requireInteger(STAGE, "size", value, 1), RangeError, message + rule);
  }
  for (const value of [-1, 0.5, -Infinity]) {
    const rule = `count must be a non-negative integer, got ${value}`;
    assertComplains(() => requireInteger(STAGE, "count", value, 0), RangeError, message + rule);
  }
});

test("a number has a least value", () => {
  for (const value of [0, 0.5, 1e9, Number.MAX_SAFE_INTEGER]) requireNumber(RUN, "ms", value, 0);

  for (const value of [-0.1, Number.NaN, Infinity, -Infinity]) {
    const message = `Cannot execute: ms must be a finite number of at least 0, got ${value}`;
    assertComplains(() => requireNumber(RUN, "ms", value, 0), RangeError, message);
  }
  const message =
    `Cannot execute: ms must be a finite number of at least 1, got "1". Did you mean 1?`;
  assertComplains(() => requireNumber(RUN, "ms", "1", 1), RangeError, message);
});

test("a boolean is true or false, not what counts as such", () => {
  requireBoolean(STAGE, "parallel", true);
  requireBoolean(STAGE, "parallel", false);

  const message = `Cannot add the stage "batches" (batch): parallel must be a boolean, got 1`;
  assertComplains(() => requireBoolean(STAGE, "parallel", 1), TypeError, message);
});

test("a function is anything that can be called", () => {
  for (const value of [() => {}, async () => {}, function* () {}, class {}]) {
    requireFunction(STAGE, "its function", value);
  }

  const message =
    `Cannot add the stage "batches" (batch): its function must be a function, got an object`;
  assertComplains(() => requireFunction(STAGE, "its function", {}), TypeError, message);
});

test("a choice is one of those that are named", () => {
  requireOneOf(RUN, "mode", "a", ["a", "b"]);

  const message = `Cannot execute: mode must be one of a, b, got "c"`;
  assertComplains(() => requireOneOf(RUN, "mode", "c", ["a", "b"]), TypeError, message);
});

test("options are an object of known names", () => {
  requireKnownOptions(RUN, {}, ["signal"]);
  requireKnownOptions(RUN, { signal: undefined }, ["signal"]);
  requireKnownOptions(RUN, Object.create({ inherited: 1 }), ["signal"]);

  const message =
    `Cannot execute: unknown option "signl"; it takes signal, closeTimeoutMs. Did you mean signal?`;
  const known = ["signal", "closeTimeoutMs"];
  assertComplains(() => requireKnownOptions(RUN, { signl: 1 }, known), TypeError, message);
  for (const [options, shown] of [[null, "null"], [[], "an array"], [1, "1"]] as const) {
    const message = `Cannot execute: options must be an object, got ${shown}`;
    assertComplains(() => requireKnownOptions(RUN, options, known), TypeError, message);
  }
});
