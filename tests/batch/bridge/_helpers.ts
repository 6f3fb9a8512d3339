// What the tests of the bridge share: every way for work on an item to cross it, and one form for
// what comes of a run on either side.

import {
  createStep,
  createStreamingStep,
  Pipeline,
  pipelineToStreaming,
  type RetryOptions,
  type Step,
  type StepResult,
  stepToStreamingStep,
  StreamingError,
  StreamingPipeline,
  type StreamingStep,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";

/** What a step does with an item: answers, throws, or promises. */
export type ItemWork = (item: number, signal: AbortSignal) => unknown;

/** What came of a run, on whichever side. */
export interface Outcome {
  /** What came out for each item, in order; absent after a failure. */
  readonly data?: readonly unknown[];
  readonly failure?: Failure;
}

/** What both sides say of a failure. */
export interface Failure {
  readonly code: string;
  readonly cause: unknown;
  readonly retryable: boolean;
  readonly stepName: string;
}

/** The outcome of a run of a batch pipeline. */
export function outcomeOfResult(result: StepResult<unknown>): Outcome {
  if (result.success) return { data: result.data as unknown[] };
  const { code, cause, retryable } = result.error;
  return { failure: { code, cause, retryable, stepName: result.metadata.stepName } };
}

/** The outcome of a run of a streaming pipeline; anything but a failure of a stage is thrown. */
export async function outcomeOfRun(run: Promise<readonly unknown[]>): Promise<Outcome> {
  try {
    return { data: await run };
  } catch (error) {
    if (!(error instanceof StreamingError)) throw error;
    const { code, cause, retryable, stepName } = error;
    return { failure: { code, cause, retryable, stepName } };
  }
}

/** How work and what stands around it cross the bridge. */
export interface Crossing {
  readonly name: string;
  /** The name of the step that fails with the work; "the step" where absent. */
  readonly stepName?: string;
  /** Makes a pipeline whose one step, "the step", does `work` on each item, and runs it. */
  readonly run: (work: ItemWork, parts?: CrossingParts) => Run;
}

/** What is asked of a {@linkcode Crossing} beside the work. */
export interface CrossingParts {
  readonly retry?: number | RetryOptions;
  readonly createContext?: () => unknown;
  /** Told the context of each call. */
  readonly see?: (context: unknown) => void;
}

type Run = (items: readonly number[], options?: { signal?: AbortSignal }) => Promise<Outcome>;

/** A step on one item. */
function itemStep(work: ItemWork, { retry, see }: CrossingParts): Step<number, unknown> {
  return createStep<number, unknown>(
    "the step",
    ({ input, context, signal }) => {
      see?.(context);
      return work(input, signal!);
    },
    retry === undefined ? {} : { retry },
  );
}

/** A step over a stream. */
function streamStep(work: ItemWork, { retry, see }: CrossingParts): StreamingStep<number, unknown> {
  return createStreamingStep<number, unknown>(
    "the step",
    async function* ({ input, context, signal }) {
      for await (const item of input) {
        see?.(context);
        yield await work(item, signal);
      }
    },
    retry === undefined ? {} : { retry },
  );
}

const batch = ({ createContext }: CrossingParts) => Pipeline.start<number[]>(createContext);
const single = ({ createContext }: CrossingParts) => Pipeline.start<number>(createContext);
const stream = ({ createContext }: CrossingParts) => StreamingPipeline.start<number>(createContext);
const lists = ({ createContext }: CrossingParts) =>
  StreamingPipeline.start<number[]>(createContext);

/** The runs of each kind of pipeline: of a list, of its items, and of a stream of one list. */
function onList(pipeline: Pipeline<never, unknown, unknown, unknown>): Run {
  return async (items, options) =>
    outcomeOfResult(await pipeline.execute([...items] as never, options));
}

function onItems(pipeline: StreamingPipeline<never, unknown, unknown, unknown>): Run {
  return (items, options) => outcomeOfRun(pipeline.executeToArray(items as never, options));
}

function onLists(pipeline: StreamingPipeline<never, unknown, unknown, unknown>): Run {
  return async (items, options) => {
    const outcome = await outcomeOfRun(pipeline.executeToArray([[...items]] as never, options));
    return outcome.data === undefined ? outcome : { data: outcome.data.flat(1) };
  };
}

const SIDE_BY_SIDE = { parallel: true, concurrencyLimit: 2 } as const;

/** Every way to cross the bridge, once and twice. */
export const CROSSINGS: readonly Crossing[] = [
  {
    name: "pipelineToStreaming, a step on each value",
    run: (work, parts = {}) =>
      onItems(pipelineToStreaming(single(parts).add("stage", itemStep(work, parts)))),
  },
  {
    name: "pipelineToStreaming, a step on each item of a list",
    stepName: "the step_list",
    run: (work, parts = {}) =>
      onLists(pipelineToStreaming(batch(parts).map("stage", itemStep(work, parts)))),
  },
  {
    name: "pipelineToStreaming, a step on items side by side",
    stepName: "the step_list",
    run: (work, parts = {}) =>
      onLists(pipelineToStreaming(batch(parts).map("stage", itemStep(work, parts), SIDE_BY_SIDE))),
  },
  {
    name: "pipelineToStreaming, a side of branch()",
    stepName: "branch(the step|the step)",
    run: (work, parts = {}) => {
      const step = itemStep(work, parts);
      return onItems(pipelineToStreaming(single(parts).branch("stage", () => true, step, step)));
    },
  },
  {
    name: "streamingToPipeline, a streaming step",
    run: (work, parts = {}) =>
      onList(streamingToPipeline(stream(parts).add("stage", streamStep(work, parts)))),
  },
  {
    name: "streamingToPipeline, a step on each item",
    run: (work, parts = {}) =>
      onList(streamingToPipeline(stream(parts).map("stage", itemStep(work, parts)))),
  },
  {
    name: "streamingToPipeline, a step on items side by side",
    run: (work, parts = {}) =>
      onList(streamingToPipeline(stream(parts).map("stage", itemStep(work, parts), SIDE_BY_SIDE))),
  },
  {
    name: "stepToStreamingStep in a streaming pipeline",
    run: (work, parts = {}) =>
      onItems(stream(parts).add("stage", stepToStreamingStep(itemStep(work, parts)))),
  },
  {
    name: "stepToStreamingStep in a batch pipeline",
    run: (work, parts = {}) =>
      onList(batch(parts).add("stage", stepToStreamingStep(itemStep(work, parts)))),
  },
  {
    name: "streamingStepToStep in a batch pipeline",
    run: (work, parts = {}) =>
      onList(batch(parts).add("stage", streamingStepToStep(streamStep(work, parts)))),
  },
  {
    name: "streamingStepToStep in a streaming pipeline",
    run: (work, parts = {}) =>
      onLists(lists(parts).add("stage", streamingStepToStep(streamStep(work, parts)))),
  },
  {
    name: "a step handed to add() of a streaming pipeline",
    run: (work, parts = {}) => onItems(stream(parts).add("stage", itemStep(work, parts))),
  },
  {
    name: "a streaming step handed to add() of a batch pipeline",
    run: (work, parts = {}) => onList(batch(parts).add("stage", streamStep(work, parts))),
  },
  {
    name: "a streaming step handed to map() of a batch pipeline",
    stepName: "the step_list",
    run: (work, parts = {}) => onList(batch(parts).map("stage", streamStep(work, parts))),
  },
  {
    name: "batch to streaming and back",
    run: (work, parts = {}) =>
      onList(streamingToPipeline(
        pipelineToStreaming(single(parts).add("stage", itemStep(work, parts))),
      )),
  },
  {
    name: "streaming to batch and back",
    run: (work, parts = {}) =>
      onLists(pipelineToStreaming(
        streamingToPipeline(stream(parts).add("stage", streamStep(work, parts))) as never,
      )),
  },
  {
    name: "a step to a streaming step and back",
    run: (work, parts = {}) =>
      onList(
        batch(parts).add("stage", streamingStepToStep(stepToStreamingStep(itemStep(work, parts)))),
      ),
  },
  {
    name: "a streaming step to a step and back",
    run: (work, parts = {}) =>
      onLists(
        lists(parts).add(
          "stage",
          stepToStreamingStep(streamingStepToStep(streamStep(work, parts))),
        ),
      ),
  },
  {
    name: "pipelineToStreaming, composed after stages of a stream",
    run: (work, parts = {}) =>
      onItems(
        stream(parts).map("before", (item) => item).compose(
          pipelineToStreaming(Pipeline.start<number>().add("stage", itemStep(work, parts))),
        ),
      ),
  },
];
