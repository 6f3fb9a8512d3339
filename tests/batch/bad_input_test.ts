// What is refused when a pipeline is built or run, with a sentence that names stage, rule and value.

import { withoutHint } from "../operators/_bad_input.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createStep, Pipeline } from "../../mod.ts";
import { test } from "../harness.ts";

interface Loose {
  readonly [method: string]: (...args: unknown[]) => Loose;
}

const loose = () => Pipeline.start<number[]>() as unknown as Loose;
const step = createStep("step", ({ input }) => input);
const keep = (item: unknown) => item;

/** What comes after the key, so that each call is valid but for what is tested. */
const METHODS: Readonly<Record<string, readonly unknown[]>> = {
  add: [step],
  branch: [() => true, step, step],
  map: [keep],
  flatMap: [keep],
  filter: [keep],
  batch: [2],
  flatten: [],
};

const LISTS = ["map", "flatMap", "filter"] as const;

function refusal(build: () => unknown, kind: typeof TypeError | typeof RangeError): string {
  return withoutHint(assertThrows(build, kind).message);
}

for (const [method, args] of Object.entries(METHODS)) {
  test(`[L9] ${method} refuses a key that is taken or empty`, () => {
    assertEquals(
      refusal(() => loose()[method]!("taken", ...args)[method]!("taken", ...args), TypeError),
      `Cannot add the stage "taken" (${method}): its key must be new, but it is taken`,
    );
    for (
      const [key, shown] of [["", `""`], [undefined, "undefined"], [5, "5"], [{}, "an object"]]
    ) {
      assertEquals(
        refusal(() => loose()[method]!(key, ...args), TypeError),
        `Cannot add a stage (${method}): its key must be a non-empty string, got ${shown}`,
      );
    }
  });
}

test("[L9] add and branch refuse what is no step", () => {
  const odd = [undefined, null, 5, "text", keep, {}, { name: "x" }, { name: "x", execute: 5 }];
  for (const given of odd) {
    refusal(() => loose().add!("stage", given), TypeError);
    refusal(() => loose().branch!("stage", keep, given, step), TypeError);
    refusal(() => loose().branch!("stage", keep, step, given), TypeError);
  }
  assertEquals(
    refusal(() => loose().branch!("stage", "no", step, step), TypeError),
    `Cannot add the stage "stage" (branch): its condition must be a function, got "no"`,
  );
  assertEquals(
    refusal(() => loose().add!("stage", keep), TypeError),
    `Cannot add the stage "stage" (add): its step must be a step, got a function`,
  );
});

test("[L9] a step without a name is refused", () => {
  for (const name of [undefined, "", 5]) {
    const nameless = { name, execute: async () => await undefined };
    for (const method of ["add", "map", "flatMap"]) {
      const message = refusal(() => loose()[method]!("stage", nameless), TypeError);
      assert(message.includes("the step's name must be a non-empty string"), message);
    }
  }
});

for (const method of LISTS) {
  test(`[L9] ${method} refuses work that is none`, () => {
    for (const given of [undefined, null, 5, "text", {}]) {
      refusal(() => loose()[method]!("stage", given), TypeError);
    }
  });

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

test("options that are undefined are as if they were not there", () => {
  for (const method of LISTS) {
    loose()[method]!("stage", keep, undefined);
    loose()[method]!("stage", keep, {
      parallel: undefined,
      concurrencyLimit: undefined,
      errorStrategy: undefined,
      retry: undefined,
      timeoutMs: undefined,
    });
  }
});

test("[defect] [L9] batch refuses a size that would swallow everything", () => {
  const bad = [[0, "0"], [NaN, "NaN"], [-1, "-1"], [1.5, "1.5"], [-Infinity, "-Infinity"], [
    "2",
    `"2"`,
  ]];
  for (const [size, shown] of bad) {
    assertEquals(
      refusal(() => loose().batch!("stage", size), RangeError),
      `Cannot add the stage "stage" (batch): size must be a positive integer, got ${shown}`,
    );
  }
});

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
    `Cannot execute: unknown option "errorBuffer"; it takes signal, closeTimeoutMs`,
  );
  for (const options of [null, 5, "text", []]) await refuse(options);
  await refuse({ signal: {} });
  for (const closeTimeoutMs of [-1, NaN, "5"]) await refuse({ closeTimeoutMs }, RangeError);
  assertEquals(calls, 0);
});
