// Which of a run's items are kept for its state: counted after a garbage collection.

import { assert, assertLessOrEqual } from "@std/assert";
import { type CheckpointMode, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { countLiving } from "../support/living.ts";

const COUNT = 3_000;

/** The most items that are alive where none is kept: what is under way, and the collector's own. */
const FEW = 100;

/** What a stage has made. */
interface Made {
  readonly stage: string;
}

/** Makes objects, and knows how many of each stage are alive. */
class Maker {
  readonly #refs: Map<string, WeakRef<Made>[]> = new Map();

  make(stage: string): Made {
    const made = { stage };
    const refs = this.#refs.get(stage) ?? [];
    this.#refs.set(stage, refs);
    refs.push(new WeakRef(made));
    return made;
  }

  async countAlive(): Promise<Record<string, number>> {
    const alive: Record<string, number> = {};
    for (const [stage, refs] of this.#refs) alive[stage] = await countLiving(refs);
    return alive;
  }
}

type Pipeline = StreamingPipeline<number, unknown, unknown>;
type Build = (
  start: StreamingPipeline<number, number, Record<never, never>>,
  maker: Maker,
) => Pipeline;

interface Row {
  readonly name: string;
  readonly checkpoints?: CheckpointMode;
  readonly build: Build;
  /** The stages all of whose items are kept. */
  readonly kept: readonly string[];
}

const twoSteps: Build = (start, maker) =>
  start
    .map("mapped", () => maker.make("mapped"))
    .add("first", async function* ({ input }) {
      for await (const _ of input) yield maker.make("first");
    })
    .map("between", () => maker.make("between"))
    .add("last", async function* ({ input }) {
      for await (const _ of input) yield maker.make("last");
    });

/** A step that asks for what `mapped` makes, and reads it beside its input. */
const reading = (options: { readonly errorStrategy?: "SKIP_FAILED" }): Build => (start, maker) =>
  start.map("mapped", () => maker.make("mapped"))
    .add("step", async function* ({ input, state }) {
      const items = state.stream("mapped");
      for await (const _ of input) yield (await items.next()).value?.stage;
    }, options);

const ROWS: readonly Row[] = [
  { name: "by default nothing is kept", build: twoSteps, kept: [] },
  { name: '"never" keeps nothing', checkpoints: "never", build: twoSteps, kept: [] },
  {
    name: '"always" keeps what add has made if a stage follows it, and nothing else',
    checkpoints: "always",
    build: twoSteps,
    kept: ["first"],
  },
  { name: "a stage that is streamed beside the input is not kept", build: reading({}), kept: [] },
  {
    name: "a stage that is streamed by a step that may be started again is kept",
    build: reading({ errorStrategy: "SKIP_FAILED" }),
    kept: ["mapped"],
  },
  {
    name: "a step that may be started again and asks for nothing keeps nothing",
    build: (start, maker) =>
      start.map("mapped", () => maker.make("mapped")).add("step", ({ input }) => input, {
        errorStrategy: "SKIP_FAILED",
      }),
    kept: [],
  },
  {
    name: "a checkpoint keeps its items",
    build: (start, maker) =>
      start.map("mapped", () => maker.make("mapped")).checkpoint("all").map("out", () => 0),
    kept: ["mapped"],
  },
];

for (const { name, checkpoints = "on-demand", build, kept } of ROWS) {
  test(`memory: ${name}`, async () => {
    const maker = new Maker();
    const start = StreamingPipeline.start<number>(undefined, { checkpoints });
    const source = Array.from({ length: COUNT }, (_, index) => index);
    let seen = 0;
    let alive: Record<string, number> = {};
    for await (const _ of build(start, maker).execute(source)) {
      if (++seen === COUNT - 1) alive = await maker.countAlive();
    }

    assert(Object.keys(alive).length > 0);
    for (const [stage, count] of Object.entries(alive)) {
      if (kept.includes(stage)) assert(count >= COUNT - 1, `${stage}: ${count}`);
      else assertLessOrEqual(count, FEW, stage);
    }
  });
}

test("memory: what a run has kept goes with the run", async () => {
  const maker = new Maker();
  const pipeline = twoSteps(
    StreamingPipeline.start<number>(undefined, { checkpoints: "always" }),
    maker,
  );
  const source = Array.from({ length: COUNT }, (_, index) => index);
  for await (const _ of pipeline.execute(source));
  // The pipeline remembers its latest run for getMetadata.
  for await (const _ of pipeline.execute([1]));

  assertLessOrEqual((await maker.countAlive()).first!, FEW);
});
