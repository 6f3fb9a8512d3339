// The ways to write a stage whose work is tried again, and clocks to time the attempts by.

import {
  type AddOptions,
  createStep,
  createStreamingStep,
  type StepOptions,
  StreamingPipeline,
} from "../../mod.ts";
import type { TestClock } from "../../src/testing/test_clock.ts";
import type { AnyPipeline } from "./_stages.ts";

/** What a stage does with an item: answers, or throws. */
export type ItemWork = (item: number) => unknown;

/** One way to write a stage. */
export interface WorkRow {
  readonly name: string;
  /** Puts the stage, with key `stage`, on an empty pipeline. */
  readonly build: (work: ItemWork, options: AddOptions) => AnyPipeline;
}

const start = () => StreamingPipeline.start<number>();

function streamingStep(work: ItemWork, retry?: StepOptions["retry"]) {
  return createStreamingStep<number, unknown>("the step", async function* ({ input }) {
    for await (const item of input) yield work(item);
  }, withRetry(retry));
}

function step(work: ItemWork, retry?: StepOptions["retry"]) {
  return createStep(
    "the step",
    ({ input }: { input: number }) => work(input),
    withRetry(retry),
  );
}

const withRetry = (retry: StepOptions["retry"]) => retry === undefined ? {} : { retry };

const SIDE_BY_SIDE = { parallel: true, concurrencyLimit: 2 } as const;

/** Every way; what comes out for an item is what its work answered. */
export const WORKS: readonly WorkRow[] = [
  {
    name: "a function",
    build: (work, options) => start().map("stage", (item) => work(item), options),
  },
  {
    name: "an async function",
    build: (work, options) => start().map("stage", async (item) => await work(item), options),
  },
  {
    name: "a function side by side",
    build: (work, options) =>
      start().map("stage", async (item) => await work(item), { ...SIDE_BY_SIDE, ...options }),
  },
  {
    name: "a function side by side in any order",
    build: (work, options) =>
      start().map("stage", async (item) => await work(item), {
        ...SIDE_BY_SIDE,
        ordered: false,
        ...options,
      }),
  },
  {
    name: "flatMap()",
    build: (work, options) => start().flatMap("stage", async (item) => [await work(item)], options),
  },
  {
    name: "an async generator of flatMap()",
    build: (work, options) =>
      start().flatMap("stage", async function* (item) {
        yield await work(item);
      }, options),
  },
  {
    name: "a step",
    build: (work, options) => start().map("stage", step(work), options),
  },
  {
    name: "a step that asks for it itself",
    build: (work, { retry, ...options }) => start().map("stage", step(work, retry), options),
  },
  {
    name: "a generator function",
    build: (work, options) =>
      start().add("stage", async function* ({ input }) {
        for await (const item of input) yield work(item);
      }, options),
  },
  {
    name: "a streaming step",
    build: (work, options) => start().map("stage", streamingStep(work), options),
  },
  {
    name: "a streaming step that asks for it itself",
    build: (work, { retry, ...options }) =>
      start().add("stage", streamingStep(work, retry), options),
  },
  {
    name: "a streaming step per item",
    build: (work, options) =>
      start().map("stage", streamingStep(work), { ...SIDE_BY_SIDE, ...options }),
  },
  {
    name: "a streaming step of flatMap()",
    build: (work, options) => start().flatMap("stage", streamingStep(work), options),
  },
  {
    name: "branch()",
    build: (work, options) =>
      start().branch("stage", () => true, (item) => work(item), () => 0, options),
  },
  {
    name: "a streaming step of branch()",
    build: (work, options) =>
      start().branch("stage", () => true, streamingStep(work), () => 0, options),
  },
  {
    name: "a step of branch() that asks for it itself",
    build: (work, { retry, ...options }) =>
      start().branch("stage", () => true, step(work, retry), () => 0, options),
  },
];

/** Work that fails a number of times for each item, and notes when it was called. */
export class Attempts {
  /** The items, in the order of the attempts. */
  readonly items: number[] = [];
  /** When each attempt was made. */
  readonly times: number[] = [];

  readonly #clock: TestClock;
  readonly #cause: (attempt: number) => unknown;
  readonly #failures: (item: number) => number;
  readonly #made = new Map<number, number>();

  /** `failures` is how often an item fails before it is answered with its double. */
  constructor(
    clock: TestClock,
    failures: (item: number) => number = () => Infinity,
    cause: (attempt: number) => unknown = () => busy(),
  ) {
    this.#clock = clock;
    this.#failures = failures;
    this.#cause = cause;
  }

  /** The times between the attempts. */
  get waits(): number[] {
    return this.times.slice(1).map((time, index) => time - this.times[index]!);
  }

  readonly work = (item: number): number => {
    const attempt = (this.#made.get(item) ?? 0) + 1;
    this.#made.set(item, attempt);
    this.items.push(item);
    this.times.push(this.#clock.now());
    if (attempt <= this.#failures(item)) throw this.#cause(attempt);
    return item * 2;
  };
}

/** An error that another attempt may help against. */
export function busy(more: object = {}): Error {
  return Object.assign(new Error("busy"), { code: "RATE_LIMIT", ...more });
}
