// What the ways to run a pipeline refuse: at once, by name, and before anything is opened.

import { assertEquals, assertInstanceOf } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { cannot, untyped, withoutHint } from "../support/refused.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";

const pipeline = StreamingPipeline.start<number>().map("item", (item) => item);

/** Each way to run the pipeline, by its name: what goes before the options. */
const ENDS: Readonly<Record<string, readonly unknown[]>> = {
  execute: [],
  executeToArray: [],
  executeReduce: [(sum: number, item: number) => sum + item, 0],
  executeForEach: [() => {}],
  run: [],
  toReadableStream: [undefined],
  toTransformStream: [undefined, undefined],
};

interface Refusal {
  readonly options: unknown;
  readonly errorClass: typeof TypeError | typeof RangeError;
  readonly message: string;
}

const BAD_TIMEOUTS: readonly (readonly [unknown, string])[] = [
  [-1, "-1"],
  [Number.NaN, "NaN"],
  [Infinity, "Infinity"],
  ["100", `"100"`],
  [null, "null"],
  [{}, "an object"],
];

const BAD_SIGNALS: readonly (readonly [unknown, string])[] = [
  [null, "null"],
  [{ aborted: false }, "an object"],
  [new AbortController(), "an AbortController"],
  ["abort", `"abort"`],
];

const BAD_BUFFERS: readonly (readonly [unknown, string])[] = [
  [0, "0"],
  [-1, "-1"],
  [1.5, "1.5"],
  [Infinity, "Infinity"],
  ["10", `"10"`],
  [null, "null"],
];

const BAD_SINKS: readonly (readonly [unknown, string])[] = [
  [null, "null"],
  [{}, "an object"],
  [[], "an array"],
  [new ReadableStream(), "a ReadableStream"],
  ["file", `"file"`],
];

const REFUSALS: readonly Refusal[] = [
  { options: null, errorClass: TypeError, message: "options must be an object, got null" },
  { options: 5_000, errorClass: TypeError, message: "options must be an object, got 5000" },
  { options: [], errorClass: TypeError, message: "options must be an object, got an array" },
  ...BAD_TIMEOUTS.map(([closeTimeoutMs, shown]) => ({
    options: { closeTimeoutMs },
    errorClass: RangeError,
    message: `closeTimeoutMs must be a finite number of at least 0, got ${shown}`,
  })),
  ...BAD_BUFFERS.map(([errorBuffer, shown]) => ({
    options: { errorBuffer },
    errorClass: RangeError,
    message: `errorBuffer must be a positive integer, got ${shown}`,
  })),
  ...BAD_SINKS.map(([errorsTo, shown]) => ({
    options: { errorsTo },
    errorClass: TypeError,
    message: `errorsTo must be a WritableStream or a function, got ${shown}`,
  })),
  ...BAD_SIGNALS.map(([signal, shown]) => ({
    options: { signal },
    errorClass: TypeError,
    message: `signal must be an AbortSignal, got ${shown}`,
  })),
];

async function runUntyped(end: string, source: unknown, options: unknown): Promise<unknown> {
  const before = end === "toTransformStream" ? [] : [source];
  return await untyped(pipeline)[end]!(...before, ...ENDS[end]!, options);
}

async function catchError(action: () => Promise<unknown>): Promise<unknown> {
  try {
    return await action();
  } catch (error) {
    return error;
  }
}

for (const end of Object.keys(ENDS)) {
  test(`[L9] ${end}() refuses options that are not valid, and opens nothing`, async () => {
    const probe = new SourceProbe("an async iterable");

    for (const { options, errorClass, message } of REFUSALS) {
      const error = await catchError(() => runUntyped(end, probe.source, options));

      assertInstanceOf(error, errorClass);
      assertEquals(withoutHint(error.message), `${cannot(end)}: ${message}`);
    }
    assertEquals(probe.opened, 0);
  });

  test(`[L9] ${end}() refuses an option that it does not know`, async () => {
    for (const name of ["timeoutMs", "Signal", "parallel"]) {
      const error = await catchError(() => runUntyped(end, [1], { [name]: 1 }));

      assertInstanceOf(error, TypeError);
      const beginning = `${cannot(end)}: unknown option "${name}"; it takes `;
      assertEquals(error.message.slice(0, beginning.length), beginning);
      assertEquals(error.message.includes("signal, stop, closeTimeoutMs"), true, error.message);
    }
  });

  test(`${end}() takes options that leave everything open`, async () => {
    await runUntyped(end, [1], undefined);
    await runUntyped(end, [1], {});
    await runUntyped(end, [1], { signal: undefined, closeTimeoutMs: undefined });
    await runUntyped(end, [1], { signal: new AbortController().signal, closeTimeoutMs: 0 });
  });
}

test("[L9] executeReduce() and executeForEach() refuse what is not a function", async () => {
  const probe = new SourceProbe("an async iterable");
  const names = { executeReduce: "reducer", executeForEach: "action" };

  for (const [end, name] of Object.entries(names)) {
    for (const [value, shown] of [[undefined, "undefined"], [{}, "an object"]]) {
      const call = () => untyped(pipeline)[end]!(probe.source, value, 0) as Promise<unknown>;
      const error = await catchError(call);

      assertInstanceOf(error, TypeError);
      assertEquals(error.message, `${cannot(end)}: ${name} must be a function, got ${shown}`);
    }
  }
  assertEquals(probe.opened, 0);
});
