// What a batch pipeline alone refuses; keys, functions, steps and sizes stand in
// tests/contract/l09_bad_input_test.ts.

import { withoutHint } from "../support/refused.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createStep, Pipeline } from "../../mod.ts";
import { test } from "../harness.ts";

interface Loose {
  readonly [method: string]: (...args: unknown[]) => Loose;
}

const loose = () => Pipeline.start<number[]>() as unknown as Loose;
const step = createStep("step", ({ input }) => input);
const keep = (item: unknown) => item;

const LISTS = ["map", "flatMap", "filter"] as const;

function refusal(build: () => unknown, kind: typeof TypeError | typeof RangeError): string {
  return withoutHint(assertThrows(build, kind).message);
}

test("[L9] add and branch refuse a function, which is no step on a whole value", () => {
  for (
    const build of [
      () => loose().add!("stage", keep),
      () => loose().branch!("stage", keep, keep, step),
      () => loose().branch!("stage", keep, step, keep),
    ]
  ) {
    const message = refusal(build, TypeError);
    const rule = "its work must be a step, got a function; createStep makes one of a function";
    assert(message.endsWith(rule), message);
  }
});

for (const method of LISTS) {
  test(`[defect] [L9] ${method} refuses a concurrencyLimit that would hang`, () => {
    const bad = [0, NaN, -1, 1.5, -Infinity, "3", null] as const;
    for (const concurrencyLimit of bad) {
      const message = refusal(
        () => loose()[method]!("stage", keep, { parallel: true, concurrencyLimit }),
        RangeError,
      );
      assert(
        message.startsWith(
          `Cannot add the stage "stage" (${method}): concurrencyLimit must be a positive integer, got `,
        ),
        message,
      );
    }
  });

  test(`[L9] ${method} refuses options that are unknown or not valid`, () => {
    const refuse = (options: unknown, kind: typeof TypeError | typeof RangeError = TypeError) =>
      refusal(() => loose()[method]!("stage", keep, options), kind);
    const subject = `Cannot add the stage "stage" (${method})`;
    const known = "parallel, concurrencyLimit, errorStrategy, retry, timeoutMs, policy";

    assertEquals(
      refuse({ concurrency: 3 }),
      `${subject}: unknown option "concurrency"; it takes ${known}`,
    );
    assertEquals(
      refuse({ ordered: true }),
      `${subject}: unknown option "ordered"; it takes ${known}`,
    );
    assertEquals(
      refuse({ errorStrategy: "SPLIT_ERRORS" }),
      `${subject}: errorStrategy must be one of FAIL_FAST, COLLECT_ERRORS, SKIP_FAILED, ` +
        `got "SPLIT_ERRORS"`,
    );
    for (const options of [null, 5, "text", []]) refuse(options);
    refuse({ parallel: 1 });
    refuse({ timeoutMs: 0 }, RangeError);
    refuse({ retry: { maxAttempts: 0, backoffMs: 1 } }, RangeError);
    refuse({ retry: { maxAttempts: 2, backoffMs: -1 } }, RangeError);
    refuse({ retry: { maxAttempts: 2, backoffMs: 1, attempts: 3 } });
  });
}

test("[L9] start refuses a context builder that is no function", () => {
  const start = Pipeline.start as (...args: unknown[]) => unknown;
  for (const odd of [null, 5, {}, "text"]) refusal(() => start(odd), TypeError);
});

test("[L9] execute is rejected for options that are unknown or not valid, and runs nothing", async () => {
  let calls = 0;
  const pipeline = Pipeline.start<number[]>().map("stage", () => calls++);
  const refuse = (options: unknown, kind: typeof TypeError | typeof RangeError = TypeError) =>
    assertRejects(() => pipeline.execute([1], options as object), kind);

  const unknown = await refuse({ errorBuffer: 5 });
  assertEquals(
    unknown.message,
    `Cannot execute: unknown option "errorBuffer"; it takes signal, closeTimeoutMs, observer`,
  );
  for (const options of [null, 5, "text", []]) await refuse(options);
  await refuse({ signal: {} });
  for (const closeTimeoutMs of [-1, NaN, "5"]) await refuse({ closeTimeoutMs }, RangeError);
  assertEquals(calls, 0);
});
