// Runs a random pipeline of lists on each side of the bridge, and brings what came of it into one
// form.

import {
  type AnyPipeline,
  type AnyStreamingPipeline,
  createTransform,
  type ListOperationMetadata,
  Pipeline,
  pipelineToStreaming,
  type StepError,
  type StepResult,
  StreamingError,
  StreamingPipeline,
  streamingToPipeline,
} from "../../../mod.ts";
import { useClock } from "../../../src/internal/clock.ts";
import { countSignals } from "../../support/counted_signal.ts";
import { settle, watch } from "../../../src/testing/turns.ts";
import { Chain } from "../chain.ts";
import type { Loose } from "../operator.ts";
import type { Program } from "../program.ts";
import { StageFailure, World } from "../world.ts";
import { BATCH_OPERATORS, type LooseBatch } from "./batch_operators.ts";
import type { Counts, ExpectedFailure, Nature } from "./model.ts";

/** What a side says of a run, in one form for all. */
export interface Told {
  readonly data?: readonly unknown[] | undefined;
  readonly failure?: ExpectedFailure;
  readonly listed?: readonly ExpectedFailure[];
  /** Absent where nothing can read them. */
  readonly collected?: readonly ExpectedFailure[];
  /** Absent where they are those of inner runs. */
  readonly counts?: ReadonlyMap<string, Counts>;
  /** What the last step saw of the state; absent where there is none. */
  readonly state?: Readonly<Record<string, unknown>> | undefined;
  /** The result itself, of a batch pipeline. */
  readonly result?: StepResult<unknown>;
}

/** What came of a run. */
export interface SideRun extends Told {
  readonly chain: Chain;
  /** Timers that were left over. */
  readonly timers: number;
  /** Listeners that were left on any signal. */
  readonly listeners: number;
}

/** One side of the bridge. */
export interface Side {
  readonly name: string;
  readonly nature: Nature;
  readonly run: (program: Program) => Promise<SideRun>;
}

/** Both kinds of pipelines, both directions of the bridge, and over and back. */
export const SIDES: readonly Side[] = [
  {
    name: "Pipeline",
    nature: "batch",
    run: runWith(async (chain, input) => {
      let state: Record<string, unknown> | undefined;
      const look = createTransform("look", (value: unknown, seen: object) => {
        state = { ...seen };
        return value;
      });
      const pipeline = (buildBatch(chain) as unknown as LooseBatch).add("look", look);
      const result = await (pipeline as unknown as AnyPipeline).execute(input);
      return { ...tellResult(result, "batch"), state, result };
    }),
  },
  {
    name: "StreamingPipeline",
    nature: "streaming",
    run: runWith(async (chain, input) => {
      const pipeline = buildStreaming(chain);
      const told = await tellRun(pipeline.executeToArray(input), "streaming");
      const { steps } = await pipeline.getMetadata();
      const errors = steps.flatMap(({ errors = [] }) => errors);
      const counts = new Map(steps.map((step) => {
        const { key, inputCount, passedCount, errorCount, droppedCount } = step;
        const { strategy } = chain.stages.find(({ spec }) => spec.key === key)?.spec ?? {};
        const skipped = droppedCount + (strategy === "SKIP_FAILED" ? errorCount : 0);
        return [key, [inputCount, passedCount, errorCount, skipped] as const];
      }));
      return { ...told, counts, collected: errors.map((error) => toFailure(error, "streaming")) };
    }),
  },
  {
    name: "streamingToPipeline",
    nature: "bridged",
    run: runWith(async (chain, input) =>
      tellResult(await streamingToPipeline(buildStreaming(chain)).execute(input), "bridged")
    ),
  },
  {
    name: "pipelineToStreaming",
    nature: "batch",
    run: runWith((chain, input) =>
      tellLists(pipelineToStreaming(buildBatch(chain)).executeToArray([input]), "batch")
    ),
  },
  {
    name: "batch to streaming and back",
    nature: "batch",
    run: runWith(async (chain, input) => {
      const pipeline = streamingToPipeline(pipelineToStreaming(buildBatch(chain)));
      const { counts: _, ...told } = tellResult(await pipeline.execute([input]), "batch");
      return told.data === undefined ? told : { ...told, data: told.data[0] as unknown[] };
    }),
  },
  {
    name: "streaming to batch and back",
    nature: "bridged",
    run: runWith((chain, input) => {
      const pipeline = pipelineToStreaming(streamingToPipeline(buildStreaming(chain)));
      return tellLists(pipeline.executeToArray([input] as never), "bridged");
    }),
  },
];

function runWith(
  run: (chain: Chain, input: readonly number[]) => Promise<Told>,
): Side["run"] {
  return async (program) => {
    const world = new World(program);
    const restore = useClock(world.clock);
    const signals = countSignals();
    try {
      const chain = new Chain(program.stages, { world, isObserved: false, others: [] });
      const input = Array.from({ length: program.input.count }, (_, index) => index);
      const running = watch(run(chain, input));
      await world.drive(() => running.state === "pending", () => {}, () => false);
      await settle();
      if (running.state === "rejected") throw running.error;
      const timers = world.clock.timerCount;
      return { ...running.value!, chain, timers, listeners: signals.count() };
    } finally {
      signals.restore();
      restore();
    }
  };
}

function buildBatch(chain: Chain): AnyPipeline {
  const start = Pipeline.start<readonly number[]>() as unknown as LooseBatch;
  return chain.stages.reduce(
    (pipeline, stage) => BATCH_OPERATORS[stage.spec.op]!(pipeline, stage),
    start,
  ) as unknown as AnyPipeline;
}

function buildStreaming(chain: Chain): AnyStreamingPipeline {
  return chain.build(StreamingPipeline.start<number>() as unknown as Loose) as never;
}

function tellResult(result: StepResult<unknown>, nature: Nature): Told {
  const steps = (result.metadata.steps ?? []).filter(({ listMetadata }) => listMetadata);
  const counts = new Map(steps.map(({ key, listMetadata }) => {
    return [key!, toCounts(listMetadata!)] as const;
  }));
  if (!result.success) return { ...tellFailure(result.error, nature), counts };
  return { data: result.data as readonly unknown[], counts };
}

async function tellRun(running: Promise<readonly unknown[]>, nature: Nature): Promise<Told> {
  try {
    return { data: await running };
  } catch (error) {
    if (!(error instanceof StreamingError)) throw error;
    return tellFailure(error, nature);
  }
}

async function tellLists(running: Promise<readonly unknown[]>, nature: Nature): Promise<Told> {
  const told = await tellRun(running, nature);
  return told.data === undefined ? told : { ...told, data: told.data[0] as unknown[] };
}

type Coded = Pick<StepError, "code" | "cause">;

function tellFailure({ code, cause }: Coded, nature: Nature): Told {
  if (code !== "LIST_PROCESSING_ERRORS") return { failure: toFailure({ code, cause }, nature) };
  const items = cause as { readonly index: number; readonly error: StepError }[];
  const listed = items.map(({ index, error }) => toFailure({ ...error, itemIndex: index }, nature));
  return { failure: listed[0]!, listed };
}

/** What was thrown; what is said of it beside is of the same item. */
function toFailure(
  { code, cause, itemIndex }: Coded & { readonly itemIndex?: number | undefined },
  nature: Nature,
): ExpectedFailure {
  if (!(cause instanceof StageFailure)) throw cause;
  const { key, index, op } = cause;
  const expected = nature === "batch" && op === "filter" ? "LIST_STEP_ERROR" : cause.code;
  if (code !== expected) throw new Error(`${key} has failed with ${expected}, not ${code}`);
  if (itemIndex !== undefined && itemIndex !== index) {
    throw new Error(`Item ${index} of ${key} has failed, not ${itemIndex}`);
  }
  return { key, index };
}

function toCounts(list: ListOperationMetadata): Counts {
  return [list.totalItems, list.successCount, list.failureCount, list.skippedCount];
}
