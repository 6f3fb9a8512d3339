// Holds what went by between the stages of a run against what each of them must make of its items.

import type { PipelineMetadata } from "../../mod.ts";
import type { Chain, Stage } from "./chain.ts";
import { ANSWERS, toNumber } from "./numbers.ts";
import type { Passage } from "./operator.ts";
import { mayEndEarly } from "./operators/keys.ts";
import { differs, differsFromShuffle, differsInItems } from "./sequences.ts";
import { trace } from "./trace.ts";

/** How a chain has ended. */
export interface Ending {
  /** Whether what it has made was read to its end. */
  readonly isComplete: boolean;
  /** The stage that has failed, or what is before it; absent where none has. */
  readonly failedKey?: string | undefined;
  /** The figures of the run, for its own chain. */
  readonly metadata?: PipelineMetadata | undefined;
}

/** What is wrong with a chain, stage by stage from the last one on. */
export function findWrongs(
  chain: Chain,
  { isComplete, failedKey, metadata }: Ending,
): string[] {
  const wrongs: string[] = [];
  const failedAt = chain.stages.findIndex(({ spec }) => spec.key === failedKey);
  let isRead = isComplete;
  for (const [at, stage] of [...chain.stages.entries()].reverse()) {
    if (at < failedAt) isRead = false;
    const input = chain.seen[at]!;
    const passage: Passage = {
      stage,
      input: input.items,
      inputMs: input.atMs,
      output: chain.seen[at + 1]!.items,
      isComplete: isRead && !(stage.world.isStopped && stage.spec.other),
      isCutShort: failedKey !== undefined && at > failedAt,
    };
    const isOwn = at === failedAt || stage.hasFailed();
    // Where one of two sources was cut short, nothing here knows the turns of the other.
    const isOpen = stage.work.isHit ||
      (stage.world.isStopped && stage.spec.op === "interleaveWith");
    const wrong = (isOpen ? undefined : check(passage, isOwn)) ??
      (failedKey === undefined ? checkCounts(passage, metadata) : undefined);
    if (wrong !== undefined) wrongs.push(`${stage.spec.key}: ${wrong}`);
    const isInnerRead = isRead && !isOwn && !passage.isCutShort;
    for (const inner of stage.inner) {
      wrongs.push(
        ...findWrongs(inner, { isComplete: isInnerRead })
          .map((wrong) => `in ${stage.spec.key}, ${wrong}`),
      );
    }
    if (isOwn || mayEndEarly(stage, input.items)) isRead = false;
  }
  return wrongs;
}

/** The figures of a stage that was read to its end are those of what went by. */
function checkCounts(
  { stage, input, output, isComplete }: Passage,
  metadata: PipelineMetadata | undefined,
): string | undefined {
  const step = metadata?.steps.find(({ key }) => key === stage.spec.key);
  if (
    stage.operator.isTwoStages || !isComplete || step === undefined || mayEndEarly(stage, input)
  ) return;
  const { inputCount, outputCount, errorCount } = step;
  const { model, check } = stage.operator;
  const isOpen = model === undefined || check !== undefined || isOutOfOrder(stage);
  const failed = isOpen || stage.work.isHit ? errorCount : trace(stage, input, false).failed.length;
  return differs(
    [inputCount, outputCount, errorCount],
    [input.length, output.length, failed],
    true,
  );
}

function check(passage: Passage, isOwn: boolean): string | undefined {
  const { stage: { operator, spec }, isComplete, isCutShort } = passage;
  if (operator.check !== undefined) {
    // What groups and branches work on when the stage fails, or what is before it, is aborted.
    const isAborted = isOwn || (isCutShort && operator.traits.inner !== undefined);
    return operator.check({ ...passage, isComplete: isComplete && !isAborted });
  }
  if (operator.model === undefined) return undefined;
  const isOrdered = spec.parallel?.ordered ?? true;
  return isOrdered ? checkOrdered(passage, isOwn) : checkUnordered(passage, isOwn);
}

function checkOrdered({ stage, input, output, isComplete, isCutShort }: Passage, isOwn: boolean) {
  const { made, kept, isFailing } = trace(stage, input, isCutShort);
  // Its other source may have failed, or a timer.
  return differs(output, [...made, ...kept], isComplete && (!isOwn || isFailing));
}

function checkUnordered({ stage, input, output, isComplete, isCutShort }: Passage, isOwn: boolean) {
  if (isOutOfOrder(stage)) return differsInItems(output, input, false);
  const isWhole = isComplete && !isCutShort && !isOwn;
  const makeOf = (items: readonly unknown[]) => trace(skipping(stage), items, isCutShort).made;
  if (stage.spec.op !== "mapPartitioned") return differsInItems(output, makeOf(input), isWhole);
  const byKey = [0, 1, 2].map((key) =>
    makeOf(input.filter((item) => ANSWERS.key(toNumber(item)) === key))
  );
  return differsFromShuffle(output, byKey, isWhole);
}

/** Whether what comes out depends on which of its calls has answered first. */
function isOutOfOrder({ operator, spec }: Stage): boolean {
  return operator.isOrderSensitive === true && spec.parallel?.ordered === false;
}

/** The stage as one that leaves out what fails: others may have finished before. */
function skipping(stage: Stage): Pick<Stage, "spec" | "operator"> & Stage {
  return Object.create(stage, {
    spec: { value: { ...stage.spec, strategy: "SKIP_FAILED" } },
  });
}
