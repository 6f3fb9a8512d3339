import { assertEquals, assertThrows } from "@std/assert";
import { resolveRetry } from "../../src/internal/retry_options.ts";
import type { RetryOptions } from "../../mod.ts";
import { withoutHint } from "../support/refused.ts";
import { test } from "../harness.ts";

const SUBJECT = { operator: "map", key: "key" };
const REQUIRED = { maxAttempts: 3, backoffMs: 100 };

function resolveUntyped(options: unknown) {
  return () => resolveRetry(SUBJECT, options as RetryOptions);
}

type Row = readonly [option: string, rule: string, values: readonly (readonly [unknown, string])[]];

const NOT_NUMBERS: Row[2] = [
  [-1, "-1"],
  [Number.NaN, "NaN"],
  [Infinity, "Infinity"],
  ["1", `"1"`],
  [null, "null"],
];

const OUT_OF_BOUNDS: readonly Row[] = [
  ["maxAttempts", "a positive integer", [[0, "0"], [1.5, "1.5"], ...NOT_NUMBERS]],
  ["backoffMs", "a finite number of at least 0", NOT_NUMBERS],
  ["backoffFactor", "a finite number of at least 1", [[0.5, "0.5"], ...NOT_NUMBERS]],
  ["maxBackoffMs", "a finite number of at least 0", NOT_NUMBERS],
  ["jitter", "a number from 0 to 1", [[1.1, "1.1"], ...NOT_NUMBERS]],
  ["totalMs", "a finite number of at least 1", [[0, "0"], ...NOT_NUMBERS]],
];

test("retry needs a number of attempts, and has defaults for the others", () => {
  const { shouldRetry, ...figures } = resolveRetry(SUBJECT, 3);

  assertEquals(figures, {
    maxAttempts: 3,
    backoffMs: 250,
    backoffFactor: 2,
    maxBackoffMs: 30_000,
    jitter: 0.2,
    totalMs: Infinity,
    onAttempt: undefined,
    policy: undefined,
  });
  assertEquals(shouldRetry(Object.assign(new Error("no"), { status: 503 }), 1), true);
  assertEquals(shouldRetry(new Error("no"), 1), false);
});

test("[L9] retry refuses figures that are out of bounds", () => {
  for (const [option, rule, values] of OUT_OF_BOUNDS) {
    for (const [value, shown] of values) {
      const error = assertThrows(resolveUntyped({ ...REQUIRED, [option]: value }), RangeError);
      assertEquals(
        withoutHint(error.message),
        `Cannot add the stage "key" (map): retry.${option} must be ${rule}, got ${shown}`,
      );
    }
  }
});

test("[L9] retry refuses to go without a number of attempts, and a number that is none", () => {
  const rule = "must be a positive integer, got";
  for (const value of [0, -1, 1.5, Number.NaN, Infinity]) {
    const error = assertThrows(resolveUntyped(value), RangeError);
    assertEquals(error.message, `Cannot add the stage "key" (map): retry ${rule} ${value}`);
  }
  const error = assertThrows(resolveUntyped({ backoffMs: 0 }), RangeError);
  assertEquals(
    error.message,
    `Cannot add the stage "key" (map): retry.maxAttempts ${rule} undefined`,
  );
});

test("[L9] retry refuses what is not an object, not known, or of the wrong type", () => {
  const refuse = (options: unknown) => assertThrows(resolveUntyped(options), TypeError).message;
  const subject = `Cannot add the stage "key" (map)`;

  const rule = "retry must be a number of attempts, or options such as { maxAttempts: 3 }";
  assertEquals(refuse(null), `${subject}: ${rule}, got null`);
  assertEquals(refuse("3"), `${subject}: ${rule}, got "3"`);
  const unknown = refuse({ ...REQUIRED, attempts: 3 });
  assertEquals(unknown.includes(`unknown option "attempts"`), true, unknown);
  assertEquals(
    refuse({ ...REQUIRED, shouldRetry: true }),
    `${subject}: retry.shouldRetry must be a function, got true`,
  );
  assertEquals(
    refuse({ ...REQUIRED, retryableErrors: "ECONNRESET" }),
    `${subject}: retry.retryableErrors must be an array of codes, got "ECONNRESET"`,
  );
});

test("retryableErrors replaces the rule, shouldRetry replaces both", () => {
  const limited = Object.assign(new Error("no"), { code: "RATE_LIMIT" });
  const mine = Object.assign(new Error("no"), { code: "MINE" });
  const byCode = resolveRetry(SUBJECT, { ...REQUIRED, retryableErrors: ["MINE"] });
  const byFunction = resolveRetry(SUBJECT, {
    ...REQUIRED,
    retryableErrors: ["MINE"],
    shouldRetry: (error, attempt) => error === limited && attempt < 2,
  });

  assertEquals([byCode.shouldRetry(mine, 1), byCode.shouldRetry(limited, 1)], [true, false]);
  assertEquals([byFunction.shouldRetry(mine, 1), byFunction.shouldRetry(limited, 1)], [
    false,
    true,
  ]);
  assertEquals(byFunction.shouldRetry(limited, 2), false);
});
