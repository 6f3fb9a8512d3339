// A run as it is shown: one account for progress, logs, pages and profiles. In a batch pipeline a stage
// has one value; what is shown of it are the items of its lists.

import type {
  ObservedRun,
  ObservedStage,
  PipelineMetadata,
  RunHooks,
  StageHooks,
  StreamingError,
  StreamingMetadata,
} from "@headrace/pipeline";
import { codeOf } from "./_failure.ts";
import type { RunFigures, StageFigures } from "./figures.ts";

/** Called for what happens to items, those of lists included. */
export interface ItemListener {
  failed?(key: string, error: StreamingError): void;
  retried?(key: string, error: unknown, attempt: number, index: number): void;
}

/** The most codes of a stage that are counted apart: errors may bring codes of their own. */
const MAX_CODES = 50;
const OTHER_CODES = "others";

const COUNTS = [
  "inputCount",
  "outputCount",
  "passedCount",
  "droppedCount",
  "errorCount",
  "retryCount",
  "abandonedCount",
  "inFlightCount",
  "waitingCount",
] as const;

/** A run inside a stage of a batch pipeline. */
interface InnerRun {
  readonly run: ObservedRun;
  /** The key of the stage. */
  readonly key: string;
  /** Whether its items are steps, each of which has the value. */
  isOfSteps: boolean;
}

/** Reads a run, and as its observer what goes on in it. */
export class RunView implements RunHooks {
  readonly run: ObservedRun;
  readonly #listener: ItemListener;
  readonly #operators = new Map<string, string>();
  readonly #codes = new Map<string, Map<string, number>>();
  /** The runs inside the stages of a batch pipeline that go on. */
  readonly #inside = new Set<InnerRun>();
  /** What lists that are over have counted, by key. */
  readonly #done = new Map<string, StreamingMetadata>();
  readonly #totals = new Map<string, number | undefined>();
  /** What runs before it have counted, by key. */
  #before: ReadonlyMap<string, StageFigures> = new Map();
  #isObserving = false;

  constructor(run: ObservedRun, listener: ItemListener = {}) {
    this.run = run;
    this.#listener = listener;
    // Its stages have been opened by then, and no item has come: a job waits for each.
    if (run.isResumed) queueMicrotask(() => this.#noteBefore());
  }

  #noteBefore(): void {
    this.#before = new Map(this.read().stages.map((stage) => [stage.key, stage]));
  }

  /** What runs before it have counted of a stage; absent where there were none. */
  before(key: string): StageFigures | undefined {
    return this.#before.get(key);
  }

  readonly stage = (stage: ObservedStage): StageHooks => {
    this.#isObserving = true;
    this.#operators.set(stage.key, stage.operator);
    const { failed, retried } = this.#listen(stage.key);
    let hasValue: boolean | undefined;
    return {
      // Where an item of a list has failed, its value has failed because of that.
      failed: (error) => this.#hasList(stage.key) ? undefined : failed!(error),
      retried,
      inner: (run) => {
        hasValue ??= isValue(this.run.metadata().steps.find(({ key }) => key === stage.key));
        if (hasValue) return this.#observeInside({ run, key: stage.key, isOfSteps: false });
      },
    };
  };

  /** The figures of this moment. */
  read(): RunFigures {
    const { status, startedAt, durationMs, outputCount, error, traceId, steps } = this.run
      .metadata();
    const live = [...this.#inside].flatMap((inner) => listSteps(inner));
    const lists = [...this.#done.values(), ...live];
    const totals = new Map(this.#totals);
    for (const inner of this.#inside) addTotal(totals, inner);
    const stages = steps.map((step) => this.#readStage(step, lists, totals));
    return { status, startedAt, durationMs, outputCount, error, traceId, stages };
  }

  #readStage(
    own: StreamingMetadata,
    lists: readonly StreamingMetadata[],
    totals: ReadonlyMap<string, number | undefined>,
  ): StageFigures {
    const { key } = own;
    const parts = isValue(own) ? lists.filter((list) => list.key === key) : [];
    const latest = parts.at(-1) ?? own;
    const counts = Object.fromEntries(
      COUNTS.map((name) => [name, sum(parts.length === 0 ? [own] : parts, name)]),
    ) as Record<typeof COUNTS[number], number>;
    // A list may be tried again as a whole as well.
    const retryCount = counts.retryCount + (parts.length === 0 ? 0 : own.retryCount);
    return {
      key,
      operator: this.#operators.get(key),
      ...counts,
      retryCount,
      totalCount: totals.get(key),
      stalledOn: parts.length === 0 ? own.stalledOn : latest.stalledOn,
      timing: latest.timing,
      executionMode: own.executionMode,
      codes: this.#isObserving ? this.#codes.get(key) ?? new Map() : countCodes(own.errors),
    };
  }

  /** Whether a stage of a batch pipeline has worked on a list, whose items are shown in place of its value. */
  #hasList(key: string): boolean {
    if (this.#done.has(key)) return true;
    return [...this.#inside].some((inner) => listSteps(inner).some((step) => step.key === key));
  }

  /** Of the runs inside a stage, those of lists are a part of the account: groups are in their stage's. */
  #observeInside(inner: InnerRun): RunHooks {
    const { run, key } = inner;
    this.#inside.add(inner);
    run.ended.then(() => {
      this.#inside.delete(inner);
      for (const step of listSteps(inner)) this.#keep(step);
      addTotal(this.#totals, inner);
    });
    let first: string | undefined;
    let isList: boolean | undefined;
    return {
      stage: (stage) => {
        first ??= stage.key;
        inner.isOfSteps ||= stage.operator === "createParallel";
        const { failed, retried } = this.#listen(first === key ? stage.key : key);
        return {
          // Where it is that of a value, the stage around it has failed as well.
          failed: (error) => {
            isList ??= listSteps(inner).length > 0;
            if (isList) failed!(error);
          },
          retried,
          inner: (within) => {
            if (inner.isOfSteps || !isValue(run.metadata().steps[0])) return;
            return this.#observeInside({ run: within, key, isOfSteps: false });
          },
        };
      },
    };
  }

  /** One account of each key: a value that is tried again, or many values, have many lists. */
  #keep(step: StreamingMetadata): void {
    const kept = this.#done.get(step.key);
    if (kept === undefined) return void this.#done.set(step.key, step);
    const counts = Object.fromEntries(COUNTS.map((name) => [name, sum([kept, step], name)]));
    this.#done.set(step.key, { ...step, ...counts });
  }

  #listen(key: string): StageHooks {
    const { retried } = this.#listener;
    return {
      failed: (error) => {
        const codes = this.#codes.get(key) ?? new Map<string, number>();
        this.#codes.set(key, codes);
        addCode(codes, error);
        this.#listener.failed?.(key, error);
      },
      ...(retried && {
        retried: (error, attempt, index) =>
          retried.call(this.#listener, key, error, attempt, index),
      }),
    };
  }
}

/** A view of a run that only has its metadata. */
export function viewMetadata(metadata: PipelineMetadata): RunView {
  const { traceId } = metadata;
  return new RunView({ traceId, ended: Promise.resolve(metadata), metadata: () => metadata });
}

/** Whether the item of a stage is the whole value of a batch pipeline. */
function isValue(step: StreamingMetadata | undefined): boolean {
  return step?.executionMode === "batch";
}

/**
 * The figures of a list, by the stages that it is shown for: none where the run is that of a value, such as
 * that of a branch, which may have a list inside of it.
 */
function listSteps({ run, key, isOfSteps }: InnerRun): readonly StreamingMetadata[] {
  const { steps } = run.metadata();
  if (isOfSteps || isValue(steps[0])) return [];
  // A stream may stand for several stages, and has their keys; any other list has that of its step.
  return steps[0]?.key === key ? steps : steps.map((step) => ({ ...step, key }));
}

/** Adds how many items a list has. */
function addTotal(totals: Map<string, number | undefined>, inner: InnerRun): void {
  const [first] = listSteps(inner);
  if (first === undefined) return;
  const before = totals.has(first.key) ? totals.get(first.key) : 0;
  totals.set(first.key, add(before, inner.run.sourceCount));
}

function sum(parts: readonly StreamingMetadata[], name: typeof COUNTS[number]): number {
  return parts.reduce((total, part) => total + part[name], 0);
}

function add(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? undefined : left + right;
}

function countCodes(errors: readonly StreamingError[] = []): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  for (const error of errors) addCode(codes, error);
  return codes;
}

function addCode(codes: Map<string, number>, error: StreamingError): void {
  const own = codeOf(error);
  const code = codes.has(own) || codes.size < MAX_CODES ? own : OTHER_CODES;
  codes.set(code, (codes.get(code) ?? 0) + 1);
}
