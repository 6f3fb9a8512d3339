import type { PipelineMetadata, StreamingMetadata } from "../base/metadata_types.ts";
import { refuseValue } from "../internal/validation.ts";
import { hasProperty, readProperty } from "../internal/thrown.ts";

/** A stage that was busy for this share of the time is a bottleneck. */
const LEAST_SHARE = 0.5;
/** Stages that took turns: each of them had this share of the time, at least. */
const LEAST_TURN = 0.1;
/** Calls take the same time for every item where 95 % of them take at most this many medians. */
const MOST_SPREAD = 1.5;
/** Fewer calls than this are no sample. */
const LEAST_CALLS = 10;
/** A call that takes this long usually waits for something; the processor's work on one item takes less. */
const LEAST_CALL_MS = 1;

/**
 * What the figures of a run suggest.
 *
 * - `bottleneck`: the stage that the others waited for.
 * - `concurrency`: how many of its items at a time would end that.
 * - `batch`: its calls take the same time for every item.
 * - `policy`: its calls waited for their policy for most of the time.
 * - `turns`: stages that waited for one another, for items go through them one at a time.
 * - `outside`: the run waited for its source, or for its reader.
 * - `untimed`: no call was timed, so there are no durations.
 *
 * @category Metadata
 */
export interface Hint {
  /** What it is about. */
  readonly kind:
    | "bottleneck"
    | "concurrency"
    | "batch"
    | "policy"
    | "turns"
    | "outside"
    | "untimed";
  /** The keys of the stages that it is about, in order. */
  readonly keys: readonly string[];
  /** A sentence, with the figures that it rests on. */
  readonly text: string;
  /** Those figures, by their names. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A stage, and how long it was busy. */
interface Load {
  readonly step: StreamingMetadata;
  readonly limit: number;
  /** The durations of all its calls in sum: the mean of those that were timed, times their number. */
  readonly busyMs: number;
  /** How much of what it could do at a time it did on average, from 0 to 1. */
  readonly share: number;
}

/**
 * Reads hints from the figures of a run: which stage the others waited for, how many calls at a time
 * would relieve it, whether its calls would gain from a batch, which stages waited for one another.
 * Each says what figures it rests on; where there are none, nothing is said.
 *
 * It knows of the calls that were timed, as `metadata` in `start` says, and not what they wait for:
 * more calls at a time help where that is a service or a disk, and not where it is the processor.
 *
 * @param metadata That of a run that is over, or under way: `await pipeline.getMetadata()`.
 * @returns The hints, the bottleneck first; none for a run in which nothing stands out.
 * @throws {TypeError} If `metadata` is not that of a run.
 * @category Metadata
 *
 * @example A stage that everything waits for
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { advise } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const fetchPage = (id: number) => new Promise<number>((resolve) => setTimeout(resolve, 5, id));
 * const pipeline = StreamingPipeline.start<number>().map("page", fetchPage);
 * await pipeline.executeToArray(Array.from({ length: 20 }, (_, id) => id));
 *
 * const [bottleneck] = advise(await pipeline.getMetadata());
 * assertEquals([bottleneck?.kind, bottleneck?.keys], ["bottleneck", ["page"]]);
 * ```
 */
export function advise(metadata: PipelineMetadata): readonly Hint[] {
  const given = readProperty(metadata, "steps");
  if (!Array.isArray(given) || !given.every((step) => hasProperty(step, "timing"))) {
    const rule = "the metadata of a run, such as await pipeline.getMetadata()";
    refuseValue({ operator: "advise" }, "metadata", rule, metadata);
  }
  const { durationMs, steps } = metadata;
  const worked = steps.filter(({ inputCount }) => inputCount > 0);
  if (durationMs === 0 || worked.length === 0) return [];
  if (worked.every(({ timing }) => timing.sampledCount === 0)) return [createUntimed(worked)];
  const loads = worked.map((step) => toLoad(step, durationMs));
  const [busiest, second] = loads.toSorted((one, other) => other.share - one.share);
  const turns = loads.filter(({ limit, share }) => limit === 1 && share >= LEAST_TURN);
  const turnsMs = sum(turns.map(({ busyMs }) => busyMs));
  const hasBottleneck = busiest!.share >= LEAST_SHARE;
  const areTurnsLong = turnsMs >= LEAST_SHARE * durationMs;
  if (!hasBottleneck && !areTurnsLong) return [createOutside(busiest!, durationMs)];
  return [
    ...(hasBottleneck ? adviseOn(busiest!, second, durationMs) : []),
    ...(areTurnsLong && turns.length > 1 ? [createTurns(turns)] : []),
  ];
}

function toLoad(step: StreamingMetadata, durationMs: number): Load {
  const { timing, inputCount, abandonedCount, policy, concurrencyLimit, ordered } = step;
  // A parallel stage alone says whether it is ordered.
  const limit = ordered === undefined ? 1 : concurrencyLimit ?? policy?.limit ?? 1;
  const busyMs = timing.avgDurationMs * (inputCount - abandonedCount);
  return { step, limit, busyMs, share: Math.min(busyMs / durationMs / limit, 1) };
}

/** The hints on the stage that the others waited for. */
function adviseOn(load: Load, second: Load | undefined, durationMs: number): Hint[] {
  const { step, limit, busyMs, share } = load;
  const { key, policy, timing, inputCount: itemCount } = step;
  const { sampledCount, avgDurationMs } = timing;
  const places = limit === 1 ? "" : ` of its ${limit} places`;
  const bottleneck: Hint = {
    kind: "bottleneck",
    keys: [key],
    text: `"${key}" was busy for ${percent(share)}${places} of the ${inMs(durationMs)} of the ` +
      `run: ${itemCount} items, ${inMs(avgDurationMs)} each (${sampledCount} timed)`,
    figures: { share, limit, durationMs, busyMs, itemCount, avgDurationMs, sampledCount },
  };
  const waitedMs = policy?.waitedMs ?? 0;
  if (waitedMs >= LEAST_SHARE * busyMs) return [bottleneck, createPolicy(load, waitedMs)];
  // All else takes what the run took longer than the stage, and no less than the next busy stage.
  const restMs = Math.max(durationMs - busyMs / limit, (second?.share ?? 0) * durationMs);
  return [bottleneck, ...findConcurrency(load, restMs), ...findBatch(load)];
}

/** The concurrency with which the stage would take no longer than all else. */
function findConcurrency({ step, limit, busyMs }: Load, restMs: number): Hint[] {
  const { key, inputCount, timing: { avgDurationMs } } = step;
  const enough = restMs <= 0 ? inputCount : Math.ceil(busyMs / restMs);
  const concurrencyLimit = Math.min(enough, inputCount);
  if (concurrencyLimit <= limit || avgDurationMs < LEAST_CALL_MS) return [];
  const callsMs = busyMs / concurrencyLimit;
  const expectedMs = Math.max(callsMs, restMs);
  return [{
    kind: "concurrency",
    keys: [key],
    text:
      `With concurrencyLimit: ${concurrencyLimit} in place of ${limit}, the calls of "${key}" ` +
      `would take ${inMs(callsMs)}, and all else takes ${inMs(restMs)}; if what they ` +
      `wait for can do so many at a time, and is not the processor`,
    figures: { concurrencyLimit, limit, busyMs, callsMs, restMs, expectedMs },
  }];
}

function findBatch({ step }: Load): Hint[] {
  const { key, batchSize, inputCount, timing } = step;
  const { sampledCount, p50DurationMs = 0, p95DurationMs = 0 } = timing;
  if (batchSize !== undefined || sampledCount < LEAST_CALLS) return [];
  if (p50DurationMs < LEAST_CALL_MS || p95DurationMs > MOST_SPREAD * p50DurationMs) return [];
  return [{
    kind: "batch",
    keys: [key],
    text:
      `The ${inputCount} calls of "${key}" take much the same time, whatever the item: half of ` +
      `${sampledCount} timed ones up to ${inMs(p50DurationMs)}, 95 % up to ` +
      `${inMs(p95DurationMs)}. If what they call takes several items, batch: { size: n } makes ` +
      `${inputCount} / n calls of them`,
    figures: { callCount: inputCount, p50DurationMs, p95DurationMs, sampledCount },
  }];
}

function createPolicy({ step, busyMs }: Load, waitedMs: number): Hint {
  const { key, policy, inputCount, batchSize } = step;
  const fewer = batchSize === undefined ? ", or fewer calls: batch: { size: n }" : "";
  return {
    kind: "policy",
    keys: [key],
    text: `Of ${inMs(busyMs)} that the calls of "${key}" took, they waited ${inMs(waitedMs)} for ` +
      `their policy: more at a time would wait as well. A higher limit helps${fewer}`,
    figures: { busyMs, waitedMs, waitedCount: policy!.waitedCount, callCount: inputCount },
  };
}

function createTurns(turns: readonly Load[]): Hint {
  const keys = turns.map(({ step }) => step.key);
  const busyMs = turns.map(({ busyMs }) => busyMs);
  const [sumMs, longestMs] = [sum(busyMs), Math.max(...busyMs)];
  const each = turns.map(({ step, busyMs }) => `"${step.key}" ${inMs(busyMs)}`).join(", ");
  return {
    kind: "turns",
    keys,
    text: `Items go one at a time through stages that waited for one another: ${each}, ` +
      `${inMs(sumMs)} in sum. With a buffer between them they would take ` +
      `${inMs(longestMs)} at best`,
    figures: {
      sumMs,
      longestMs,
      ...Object.fromEntries(turns.map(({ step, busyMs }) => [`busyMs of ${step.key}`, busyMs])),
    },
  };
}

function createOutside({ step, share }: Load, durationMs: number): Hint {
  return {
    kind: "outside",
    keys: [],
    text: `No stage was busy for half of the ${inMs(durationMs)} of the run ("${step.key}" for ` +
      `${percent(share)}): it waited for its source, or for its reader`,
    figures: { durationMs, share },
  };
}

function createUntimed(steps: readonly StreamingMetadata[]): Hint {
  return {
    kind: "untimed",
    keys: [],
    text: "No call was timed, so there are no durations: start the pipeline with " +
      'metadata: { verbosity: "timing" }, or "full"',
    figures: { sampledCount: 0, callCount: sum(steps.map(({ inputCount }) => inputCount)) },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** In three digits: the figures are no more exact. */
function inMs(milliseconds: number): string {
  return `${Number(milliseconds.toPrecision(3))} ms`;
}
