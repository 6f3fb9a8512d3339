// Runs a random pipeline on each side of the bridge, and brings what came of it into one form.

import {
  type ListOperationMetadata,
  pipelineToStreaming,
  type StepError,
  type StepResult,
  StreamingError,
  streamingToPipeline,
} from "../../mod.ts";
import { type FakeClock, withFakeClock } from "../support/fake_clock.ts";
import { settle, settleMicrotasks, watch, type Watched } from "../support/turns.ts";
import { type Counts, type Item, type Nature, toPlain } from "./_random_model.ts";
import { buildBatch, buildStreaming, type Thrown, Work } from "./_random_sides.ts";
import type { Scenario, StageSpec } from "./_random_specs.ts";

const TURNS_TO_GIVE_UP = 500;

/** What came of a run. */
export interface SideRun {
  /** What came out, as plain numbers; absent after a failure. */
  readonly data?: unknown;
  /** The failure that ended the run. */
  readonly failure?: Thrown;
  /** All failures of a list that was worked on whole, where that ended the run. */
  readonly listed?: readonly Thrown[];
  /** The failures that a streaming run has kept; absent where nobody can read them. */
  readonly collected?: readonly Thrown[];
  /** Absent where they are those of inner runs. */
  readonly counts?: readonly Counts[];
  readonly works: readonly Work[];
  /** Timers that were left over. */
  readonly timers: number;
}

/** One side of the bridge. */
export interface Side {
  readonly name: string;
  readonly nature: Nature;
  readonly run: (scenario: Scenario) => Promise<SideRun>;
}

type Told = Omit<SideRun, "works" | "timers">;
type Coded = Pick<StepError, "code" | "cause">;

/** Both kinds of pipelines, both directions of the bridge, and over and back. */
export const SIDES: readonly Side[] = [
  {
    name: "Pipeline",
    nature: "batch",
    run: runWith((works, input) => tellResult(buildBatch(works).execute(input), "batch")),
  },
  {
    name: "StreamingPipeline",
    nature: "streaming",
    run: runWith(async (works, input) => {
      const pipeline = buildStreaming(works);
      const told = await tellRun(pipeline.executeToArray(input), "streaming");
      const { steps } = await pipeline.getMetadata();
      const errors = steps.flatMap((step) => step.errors ?? []);
      for (const { itemIndex, cause } of errors) expectIndex(itemIndex, cause);
      const counts = steps.map((step): Counts => [
        step.inputCount,
        step.passedCount,
        step.errorCount,
        step.droppedCount + step.errorCount,
      ]);
      return { ...told, counts, collected: errors.map(({ cause }) => toThrown(cause)) };
    }),
  },
  {
    name: "streamingToPipeline",
    nature: "bridged",
    run: runWith((works, input) =>
      tellResult(streamingToPipeline(buildStreaming(works)).execute(input), "bridged")
    ),
  },
  {
    name: "pipelineToStreaming",
    nature: "batch",
    run: runWith((works, input) =>
      tellLists(pipelineToStreaming(buildBatch(works)).executeToArray([input]), "batch")
    ),
  },
  {
    name: "batch to streaming and back",
    nature: "batch",
    run: runWith(async (works, input) => {
      const pipeline = streamingToPipeline(pipelineToStreaming(buildBatch(works)));
      const { counts: _, ...told } = await tellResult(pipeline.execute([input]), "batch");
      return told.data === undefined ? told : { ...told, data: (told.data as unknown[])[0] };
    }),
  },
  {
    name: "streaming to batch and back",
    nature: "bridged",
    run: runWith((works, input) => {
      const pipeline = pipelineToStreaming(streamingToPipeline(buildStreaming(works)));
      return tellLists(pipeline.executeToArray([input] as never), "bridged");
    }),
  },
];

function runWith(
  run: (works: readonly Work[], input: readonly Item[]) => Promise<Told>,
): Side["run"] {
  return ({ input, stages }) =>
    withFakeClock(async (clock) => {
      const works = stages.map((spec) => new Work(spec));
      const done = watch(run(works, input.map((n) => ({ n }))));
      await drive(done, clock);
      await settle();
      if (done.state === "rejected") throw done.error;
      return { ...done.value!, works, timers: clock.waiting };
    });
}

async function drive(done: Watched<unknown>, clock: FakeClock): Promise<void> {
  for (let turns = 0; done.state === "pending";) {
    await settleMicrotasks();
    if (done.state !== "pending") return;
    if (clock.waiting > 0) {
      clock.fireNext();
      turns = 0;
    } else if (++turns > TURNS_TO_GIVE_UP) throw new Error("The run waits for nothing");
    else await settle();
  }
}

async function tellResult(running: Promise<StepResult<unknown>>, nature: Nature): Promise<Told> {
  const result = await running;
  const counts = (result.metadata.steps ?? []).map(({ listMetadata }) => toCounts(listMetadata!));
  if (!result.success) return { ...tellFailure(result.error, nature), counts };
  return { data: (result.data as Item[]).map(toPlain), counts };
}

async function tellRun(running: Promise<readonly unknown[]>, nature: Nature): Promise<Told> {
  try {
    return { data: (await running as Item[]).map(toPlain) };
  } catch (error) {
    if (!(error instanceof StreamingError)) throw error;
    return tellFailure(error, nature);
  }
}

async function tellLists(running: Promise<readonly unknown[]>, nature: Nature): Promise<Told> {
  const told = await tellRun(running, nature);
  return told.data === undefined ? told : { data: (told.data as unknown[])[0] };
}

function tellFailure(error: Coded, nature: Nature): Told {
  const { code, cause } = error;
  if (code !== "LIST_PROCESSING_ERRORS") {
    expectCode(error, nature);
    return { failure: toThrown(cause) };
  }
  const listed = (cause as { index: number; error: StepError }[]).map(({ index, error }) => {
    expectIndex(index, error.cause);
    expectCode(error, nature);
    return toThrown(error.cause);
  });
  return { failure: listed[0]!, listed };
}

function toThrown(cause: unknown): Thrown {
  const { key, index } = cause as Thrown;
  return { key, index };
}

/** The index that is told is that of the item that the work failed on. */
function expectIndex(told: number | undefined, cause: unknown): void {
  const { index } = cause as Thrown;
  if (told !== index) throw new Error(`Item ${index} has failed, and item ${told} is told of`);
}

/** The code is that of what was thrown, except of a filter in a batch pipeline. */
function expectCode({ code, cause }: Coded, nature: Nature): void {
  const { key, op } = cause as Thrown & Pick<StageSpec, "op">;
  const expected = nature === "batch" && op === "filter" ? "LIST_STEP_ERROR" : `AT_${key}`;
  if (code !== expected) throw new Error(`Stage ${key} has failed, and the code is ${code}`);
}

function toCounts(list: ListOperationMetadata): Counts {
  return [list.totalItems, list.successCount, list.failureCount, list.skippedCount];
}
