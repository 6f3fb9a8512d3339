// What the functions that make steps refuse, with a sentence that names step, rule and value.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createBatchStep,
  createFilterStep,
  createFlattenStep,
  createHybridStep,
  createListStep,
  createParallel,
  createStep,
  createStreamingStep,
  createTransform,
} from "../../../mod.ts";
import { test } from "../../harness.ts";

type Create = (...args: unknown[]) => unknown;

/** A function that makes steps, with its arguments in one order. */
interface Maker {
  readonly create: (name: unknown, work?: unknown, options?: unknown) => unknown;
  /** What it is given beside the name, where the test asks for nothing else. */
  readonly work?: unknown;
  /** How messages call its function; absent where it has none, or says so elsewhere. */
  readonly workName?: string;
  /** Whether it takes `{ retry }`. */
  readonly retries?: boolean;
  /** Whether the name may be left out. */
  readonly hasDefaultName?: boolean;
}

const work = () => [];

const MAKERS: Readonly<Record<string, Maker>> = {
  createStep: { create: createStep as Create, work, workName: "its work", retries: true },
  createListStep: { create: createListStep as Create, work, workName: "its work", retries: true },
  createStreamingStep: {
    create: createStreamingStep as Create,
    work,
    workName: "execute",
    retries: true,
  },
  createHybridStep: {
    create: createHybridStep as Create,
    work: { batch: work, streaming: work },
    retries: true,
  },
  createTransform: { create: createTransform as Create, work, workName: "its work" },
  createParallel: { create: createParallel as Create, work: [] },
  createBatchStep: {
    create: (name) => createBatchStep(2, name as string),
    hasDefaultName: true,
  },
  createFlattenStep: {
    create: (name) => createFlattenStep(name as string),
    hasDefaultName: true,
  },
  createFilterStep: {
    create: (name, predicate) => createFilterStep(predicate as () => boolean, name as string),
    work,
    workName: "its function",
    hasDefaultName: true,
  },
};

for (const [maker, row] of Object.entries(MAKERS)) {
  const { create, work, workName, retries = false, hasDefaultName = false } = row;

  test(`[L9] ${maker} needs a name`, () => {
    const odd = [["", `""`], [1, "1"], [null, "null"], [{}, "an object"]];
    for (const [name, shown] of hasDefaultName ? odd : [...odd, [undefined, "undefined"]]) {
      assertEquals(
        assertThrows(() => create(name, work), TypeError).message,
        `Cannot create a step: name must be a non-empty string, got ${shown}`,
      );
    }
  });

  if (workName !== undefined) {
    test(`[L9] ${maker} needs a function`, () => {
      for (
        const [odd, shown] of [
          [undefined, "undefined"],
          [null, "null"],
          [5, "5"],
          [{}, "an object"],
          [(async function* () {})(), "an AsyncGenerator"],
        ]
      ) {
        const { message } = assertThrows(() => create("step", odd), TypeError);
        assert(message.includes('"step"'), message);
        assert(message.endsWith(`: ${workName} must be a function, got ${shown}`), message);
      }
    });
  }

  if (!retries) continue;

  test(`[L9] ${maker} refuses options that are not valid`, () => {
    const refuse = (options: unknown) =>
      assertThrows(() => create("step", work, options), Error).message;
    const subject = `Cannot create the step "step"`;
    const taken = maker === "createStreamingStep" ? "retry, memory" : "retry";

    assertEquals(refuse(null), `${subject}: options must be an object, got null`);
    const rule = "a number of attempts, or options such as { maxAttempts: 3 }";
    assertEquals(refuse({ retry: "3" }), `${subject}: retry must be ${rule}, got "3"`);
    assertEquals(refuse({ retry: 0 }), `${subject}: retry must be a positive integer, got 0`);
    for (const maxAttempts of [0, 1.5]) {
      assertEquals(
        refuse({ retry: { maxAttempts, backoffMs: 1 } }),
        `${subject}: retry.maxAttempts must be a positive integer, got ${maxAttempts}`,
      );
    }
    for (const option of ["timeoutMs", "parallel"]) {
      assertEquals(
        refuse({ [option]: 1 }),
        `${subject}: unknown option "${option}"; it takes ${taken}`,
      );
    }
  });
}

test("[L9] createStreamingStep refuses a memory without its two functions", () => {
  const refuse = (memory: unknown) =>
    assertThrows(
      () => createStreamingStep("step", async function* () {}, { memory: memory as never }),
      TypeError,
    ).message;
  const subject = `Cannot create the step "step"`;
  const snapshot = () => 1;

  assertEquals(refuse(3), `${subject}: memory must be an object, got 3`);
  assertEquals(
    refuse({ snapshot }),
    `${subject}: memory.restore must be a function, got undefined`,
  );
  assertEquals(
    refuse({ restore: snapshot }),
    `${subject}: memory.snapshot must be a function, got undefined`,
  );
});
