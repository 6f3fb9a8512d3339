/**
 * The stages of a streaming pipeline as those of a batch pipeline.
 *
 * @module
 */

import { createRunInside } from "../batch_run.ts";
import type { BatchFunction, BatchStage } from "../batch_stage.ts";
import { describeList } from "../list_metadata.ts";
import { throwCollected, toFailure } from "../run_list.ts";
import { planStages } from "../../core/plan.ts";
import { keepRecording, recordingsOf } from "../../parts/recordings.ts";
import type { Run } from "../../core/run.ts";
import type { Stage } from "../../core/stage.ts";
import type { ErrorSink } from "../../base/options.ts";
import type { Blueprint } from "../../core/blueprint.ts";
import type { ListOperationMetadata } from "../../base/step_types.ts";

/** The key of the stage for the pipeline's output, where that is not the output of its last stage. */
const OUTPUT_KEY = "streamingToPipeline";

/** All outputs of a stage of the streaming pipeline, and its counts. */
interface Made {
  readonly items: unknown[];
  readonly list?: ListOperationMetadata | undefined;
}

/**
 * The first stage runs the whole pipeline and returns the outputs of the first key; each later stage
 * returns those of its own key, which it looks up by its input. Without `keepsState` there is one
 * stage, which returns the pipeline's output.
 */
export function toBatchStages(
  parts: Blueprint,
  errorsTo: ErrorSink | undefined,
  keepsState: boolean,
): BatchStage[] {
  const { stages } = parts;
  const kept = keepsState ? stages : [];
  const nextOf = new WeakMap<object, Made>();
  const runAll: BatchFunction = async (source, outer, report) => {
    const plan = planStages(keepsState ? stages.map(keepingAll) : stages);
    const run = createRunInside(outer, { settings: parts.settings, plan, source }, errorsTo);
    const items: unknown[] = [];
    let lists: ListOperationMetadata[];
    try {
      await run.fold("execute", (_: null, item) => (items.push(item), null), null);
    } catch (error) {
      throw toFailure(error);
    } finally {
      lists = describeStages(stages, run);
      const first = keepsState ? lists[0] : lists.at(-1);
      if (first !== undefined) report(first);
    }
    for (const [index, stage] of stages.entries()) {
      throwCollected(stage.name, stage, lists[index]!);
    }
    const made = listOutputs(kept, run, items).map((items, index): Made => (
      { items, list: lists[index] }
    ));
    for (const [index, { items }] of made.entries()) {
      if (index + 1 < made.length) nextOf.set(items, made[index + 1]!);
    }
    return made[0]!.items;
  };
  const readNext: BatchFunction = (value, _context, report) => {
    const { items, list } = nextOf.get(value as object)!;
    if (list !== undefined) report(list);
    return Promise.resolve(items);
  };
  return listStages(kept).map((stage, index) => (
    index === 0
      ? { ...stage, operator: "add", readsSource: true, call: runAll }
      : { ...stage, operator: "add", call: readNext }
  ));
}

/** One for each stage of the streaming pipeline; the last returns the pipeline's output. */
function listStages(stages: readonly Stage[]): { readonly key: string; readonly name: string }[] {
  const made = stages.map(({ key, name }) => ({ key, name }));
  return givesOutput(stages) ? made : [...made, { key: OUTPUT_KEY, name: OUTPUT_KEY }];
}

function listOutputs(stages: readonly Stage[], run: Run, output: unknown[]): unknown[][] {
  const read = givesOutput(stages) ? stages.slice(0, -1) : stages;
  return [...read.map(({ key }) => recordingsOf(run.stages[0]!).read(key)), output];
}

function keepingAll(stage: Stage): Stage {
  return { ...stage, onOpen: keepRecording };
}

/** Whether the pipeline's output is that of its last stage: a checkpoint's own is one array. */
function givesOutput(stages: readonly Stage[]): boolean {
  return stages.length > 0 && stages.at(-1)!.kind !== "barrier";
}

function describeStages(stages: readonly Stage[], run: Run): ListOperationMetadata[] {
  return run.readMetadata().steps.map((step, index) => {
    const stage = stages[index]!;
    const { errorStrategy } = stage;
    const leavesOut = errorStrategy === "SKIP_FAILED" || errorStrategy === "SPLIT_ERRORS";
    return describeList(stage, { length: step.inputCount, leavesOut }, step);
  });
}
