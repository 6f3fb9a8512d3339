// Steps that were written by hand, in every form that the existing pipeline took.

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  createParallel,
  createStep,
  createTransform,
  ListErrorStrategy,
  Pipeline,
  singleToList,
  type Step,
  type StepContext,
  type StepResult,
  type StepRetry,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { coded, dataOf, errorOf, failuresOf, MODES } from "./_helpers.ts";

type Context = StepContext<number, unknown, unknown>;
type Work = (input: number) => number;

const METADATA = { stepName: "by hand", startTime: 0, endTime: 0, durationMs: 0 };

const succeed = (data: number): StepResult<number> => ({ success: true, data, metadata: METADATA });

class ClassStep implements Step<number, number> {
  readonly name = "by hand";
  readonly retry?: StepRetry;
  readonly #work: Work;

  constructor(work: Work, retry?: StepRetry) {
    this.#work = work;
    if (retry !== undefined) this.retry = retry;
  }

  async execute({ input }: Context): Promise<StepResult<number>> {
    return await succeed(this.#work(input));
  }
}

class GetterStep {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  get name(): string {
    return "by hand";
  }

  get execute(): (context: Context) => Promise<StepResult<number>> {
    return ({ input }) => Promise.resolve().then(() => succeed(this.#work(input)));
  }
}

/** Each form makes a step that answers with what `work` makes of its input. */
const FORMS: readonly {
  readonly form: string;
  readonly create: (work: Work, retry?: StepRetry) => Step<number, number>;
}[] = [
  {
    form: "an object with an async method",
    create: (work, retry) => ({
      name: "by hand",
      async execute({ input }) {
        return await succeed(work(input));
      },
      ...(retry && { retry }),
    }),
  },
  {
    form: "an object with an async arrow function",
    create: (work, retry) => ({
      name: "by hand",
      execute: async ({ input }) => await succeed(work(input)),
      ...(retry && { retry }),
    }),
  },
  {
    form: "an object with a plain function that returns a promise",
    create: (work, retry) => ({
      name: "by hand",
      execute: ({ input }) => new Promise((resolve) => resolve(succeed(work(input)))),
      ...(retry && { retry }),
    }),
  },
  {
    form: "an object with a plain function that throws before it returns a promise",
    create: (work, retry) => ({
      name: "by hand",
      execute: ({ input }) => Promise.resolve(succeed(work(input))),
      ...(retry && { retry }),
    }),
  },
  {
    form: "an object with a retry that is undefined",
    create: (work, retry) => ({
      name: "by hand",
      execute: async ({ input }) => await succeed(work(input)),
      retry: retry as StepRetry,
    }),
  },
  { form: "an instance of a class", create: (work, retry) => new ClassStep(work, retry) },
  {
    form: "an instance of a class with getters",
    create: (work, retry) => Object.assign(new GetterStep(work), retry && { retry }),
  },
  {
    form: "an instance of a class with a kind of its own",
    create: (work, retry) => Object.assign(new ClassStep(work, retry), { kind: "http" }),
  },
  {
    form: "a frozen object",
    create: (work, retry) => Object.freeze(new ClassStep(work, retry)),
  },
];

const RETRY: StepRetry = { maxAttempts: 3, backoffMs: 0 };

for (const { form, create } of FORMS) {
  test(`${form} is a step of add, branch, map and flatMap`, async () => {
    const pipeline = Pipeline.start<number>()
      .add("add", create((input) => input + 1))
      .branch("branch", (input) => input > 0, create((input) => input * 2), create(() => 0))
      .add("list", {
        name: "list",
        execute: ({ input }) =>
          Promise.resolve({ success: true, data: [input, input + 1], metadata: METADATA }),
      })
      .map("map", create((input) => input * 10));

    const result = await pipeline.execute(1);

    assertEquals(dataOf(result), [40, 50]);
    assertEquals(result.metadata.steps?.map(({ key, stepName }) => [key, stepName]), [
      ["add", "by hand"],
      ["branch", "branch(by hand|by hand)"],
      ["list", "list"],
      ["map", "by hand_list"],
    ]);
  });

  test(`${form} that throws is a step that failed with UNHANDLED_ERROR`, async () => {
    const cause = coded("NO_QUOTA");
    const fails = create(() => {
      throw cause;
    });
    const value = Pipeline.start<number>();
    const list = Pipeline.start<number[]>();
    const many = fails as unknown as Step<number, number[]>;
    const runs: [Promise<StepResult<unknown>>, string][] = [
      [value.add("stage", fails).execute(1), "by hand"],
      [
        value.branch("stage", () => true, fails, fails).execute(1),
        "branch(by hand|by hand)",
      ],
      [value.add("stage", createParallel("both", [fails, fails])).execute(1), "both"],
      [list.map("stage", fails).execute([1]), "by hand_list"],
      [list.map("stage", fails, { parallel: true }).execute([1]), "by hand_list"],
      [list.add("stage", singleToList(fails)).execute([1]), "by hand_list"],
      [list.flatMap("stage", many).execute([1]), "by hand_list_flatMap"],
    ];

    for (const [running, stepName] of runs) {
      const result = await running;
      const { code, message, retryable } = errorOf(result);
      assertEquals([result.metadata.stepName, code, message, retryable], [
        stepName,
        "UNHANDLED_ERROR",
        "failed with NO_QUOTA",
        false,
      ]);
      assertStrictEquals(errorOf(result).cause, cause);
    }
  });

  test(`${form} that throws fails its own item alone`, async () => {
    const picky = create((input) => {
      if (input === 2) throw new Error("two");
      return input;
    });
    const run = (errorStrategy: ListErrorStrategy) =>
      Pipeline.start<number[]>().map("stage", picky, { errorStrategy }).execute([1, 2, 3]);

    assertEquals(dataOf(await run(ListErrorStrategy.SKIP_FAILED)), [1, 3]);
    assertEquals(
      failuresOf(await run(ListErrorStrategy.COLLECT_ERRORS))
        .map(({ index, error }) => [index, error.code]),
      [[1, "UNHANDLED_ERROR"]],
    );
  });

  test(`[defect] the retry of ${form} is honoured`, async () => {
    for (const stage of ["add", "branch", "map"] as const) {
      let attempts = 0;
      const flaky = create((input) => {
        if (++attempts < 3) throw coded("ECONNRESET");
        return input;
      }, RETRY);
      const result = stage === "map"
        ? await Pipeline.start<number[]>().map("stage", flaky).execute([7])
        : stage === "add"
        ? await Pipeline.start<number>().add("stage", flaky).execute(7)
        : await Pipeline.start<number>().branch("stage", () => true, flaky, flaky).execute(7);

      assertEquals([stage, dataOf<unknown>(result), attempts], [
        stage,
        stage === "map" ? [7] : 7,
        3,
      ]);
    }
  });
}

/** A step that answers each item with a failure of its own making. */
const refuses = (attempts: number[] = []): Step<number, number> => ({
  name: "refuses",
  retry: RETRY,
  execute({ input }) {
    attempts.push(input);
    const error = {
      code: input > 1 ? "ECONNRESET" : "REFUSED",
      message: `refused ${input}`,
      retryable: input > 1,
    };
    return Promise.resolve({ success: false, error, metadata: METADATA });
  },
});

test("a failure that a step returns is kept as it is, and retried if it says so", async () => {
  const attempts: number[] = [];
  const add = await Pipeline.start<number>().add("stage", refuses(attempts)).execute(2);

  assertEquals(errorOf(add), { code: "ECONNRESET", message: "refused 2", retryable: true });
  assertEquals(Object.keys(errorOf(add)).sort(), ["code", "message", "retryable"]);
  assertEquals(attempts, [2, 2, 2]);
});

test("the cause that a step returns is kept", async () => {
  const cause = new Error("deep down");
  const error = { code: "REFUSED", message: "no", cause, retryable: false };
  const result = await Pipeline.start<number>().add("stage", {
    name: "refuses",
    execute: () => Promise.resolve({ success: false, error, metadata: METADATA }),
  }).execute(1);

  assertStrictEquals(errorOf(result).cause, cause);
  assertEquals(errorOf(result), error);
});

for (const { mode, options } of MODES) {
  test(`failures that a step returns are kept by index, ${mode}`, async () => {
    const attempts: number[] = [];
    const result = await Pipeline.start<number[]>()
      .map("stage", refuses(attempts), {
        ...options,
        errorStrategy: ListErrorStrategy.COLLECT_ERRORS,
      })
      .execute([0, 2, 1]);

    assertEquals(failuresOf(result), [
      { index: 0, error: { code: "REFUSED", message: "refused 0", retryable: false } },
      { index: 1, error: { code: "ECONNRESET", message: "refused 2", retryable: true } },
      { index: 2, error: { code: "REFUSED", message: "refused 1", retryable: false } },
    ]);
    assertEquals(attempts.toSorted(), [0, 1, 2, 2, 2]);
  });
}

test("a step that returns no result fails with a sentence that says so", async () => {
  for (const odd of [undefined, null, 5, "text", {}, []]) {
    const step = { name: "odd", execute: () => Promise.resolve(odd) } as never;
    const result = await Pipeline.start<number>().add("stage", step).execute(1);

    assertEquals([errorOf(result).code, errorOf(result).message], [
      "UNHANDLED_ERROR",
      `Step "odd" must return { success, data, metadata } or { success, error, metadata }`,
    ]);
  }
});

test("the metadata of a step that returns none is made", async () => {
  const step = { name: "bare", execute: () => Promise.resolve({ success: true, data: 5 }) };
  const result = await Pipeline.start<number>().add("stage", step as never).execute(1);

  assertEquals(dataOf<unknown>(result), 5);
  assertEquals(result.metadata.steps?.map(({ stepName }) => stepName), ["bare"]);
});

const value = Pipeline.start<number[]>();

/** Every place that a step can have in a pipeline. */
const PLACES: Readonly<
  Record<string, (step: Step<number, number>) => Pipeline<number[], unknown>>
> = {
  add: (step) => value.add("list", createTransform("one", ([one]) => one!)).add("stage", step),
  branch: (step) =>
    value.add("list", createTransform("one", ([one]) => one!))
      .branch("stage", () => true, step, step),
  createParallel: (step) =>
    value.add("list", createTransform("one", ([one]) => one!))
      .add("stage", createParallel("both", [step])),
  map: (step) => value.map("stage", step),
  "map side by side": (step) => value.map("stage", step, { parallel: true }),
  flatMap: (step) => value.flatMap("stage", step as unknown as Step<number, number[]>),
  singleToList: (step) => value.add("stage", singleToList(step)),
};

for (const [place, build] of Object.entries(PLACES)) {
  for (const kind of ["a created step", "a step written by hand"]) {
    test(`${place}: ${kind} can be changed when its pipeline has been built`, async () => {
      let attempts = 0;
      const fail = (): number => {
        attempts++;
        throw coded("ECONNRESET");
      };
      const step: Step<number, number> = kind === "a created step"
        ? createStep("step", fail)
        : { name: "step", execute: async () => await succeed(fail()) };
      const pipeline = build(step);
      const countAttempts = async () => {
        attempts = 0;
        const result = await pipeline.execute([1]);
        return result.success ? "success" : attempts;
      };

      const counts = [await countAttempts()];
      step.retry = { maxAttempts: 3, backoffMs: 0 };
      counts.push(await countAttempts());
      step.retry.maxAttempts = 2;
      counts.push(await countAttempts());
      step.retry = undefined;
      counts.push(await countAttempts());
      step.execute = async () => await succeed([5] as never);
      counts.push(await countAttempts());

      assertEquals(counts, [1, 3, 2, 1, "success"]);
    });
  }
}
