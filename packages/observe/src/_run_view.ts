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

/** Reads a run, and as its observer what goes on in it. */
export class RunView implements RunHooks {
  readonly run: ObservedRun;
  readonly #listener: ItemListener;
  readonly #operators = new Map<string, string>();
  readonly #codes = new Map<string, Map<string, number>>();
  /** The runs of lists that go on. */
  readonly #lists = new Set<ObservedRun>();
  /** What lists that are over have counted, by key. */
  readonly #done = new Map<string, StreamingMetadata>();
  readonly #totals = new Map<string, number | undefined>();
  /** The stages that work on lists. */
  readonly #listKeys = new Set<string>();
  #isObserving = false;

  constructor(run: ObservedRun, listener: ItemListener = {}) {
    this.run = run;
    this.#listener = listener;
  }

  readonly stage = (stage: ObservedStage): StageHooks => {
    this.#isObserving = true;
    this.#operators.set(stage.key, stage.operator);
    const { failed, retried } = this.#listen(stage.key);
    return {
      // Where an item of a list has failed, its value has failed because of that.
      failed: (error) => this.#listKeys.has(stage.key) ? undefined : failed!(error),
      retried,
      inner: (run) => this.#observeInner(stage.key, run),
    };
  };

  /** The figures of this moment. */
  read(): RunFigures {
    const { status, startedAt, durationMs, outputCount, error, traceId, steps } = this.run
      .metadata();
    const live = [...this.#lists].flatMap((run) => run.metadata().steps);
    const lists = [...this.#done.values(), ...live];
    const stages = steps.map((step) => this.#readStage(step, lists));
    return { status, startedAt, durationMs, outputCount, error, traceId, stages };
  }

  #readStage(own: StreamingMetadata, lists: readonly StreamingMetadata[]): StageFigures {
    const { key } = own;
    const parts = own.executionMode === "batch" ? lists.filter((list) => list.key === key) : [];
    const latest = parts.at(-1) ?? own;
    const counts = Object.fromEntries(
      COUNTS.map((name) => [name, sum(parts.length === 0 ? [own] : parts, name)]),
    ) as Record<typeof COUNTS[number], number>;
    return {
      key,
      operator: this.#operators.get(key),
      ...counts,
      totalCount: this.#totals.get(key),
      stalledOn: parts.length === 0 ? own.stalledOn : latest.stalledOn,
      timing: latest.timing,
      executionMode: own.executionMode,
      codes: this.#isObserving ? this.#codes.get(key) ?? new Map() : countCodes(own.errors),
    };
  }

  /** Of the runs inside a stage, those of lists are a part of the account: groups are in their stage's. */
  #observeInner(key: string, run: ObservedRun): RunHooks | void {
    const { steps } = this.run.metadata();
    if (steps.find((step) => step.key === key)?.executionMode !== "batch") return;
    this.#lists.add(run);
    run.ended.then(({ steps }) => {
      this.#lists.delete(run);
      for (const step of steps) this.#keep(step);
    });
    let isFirst = true;
    return {
      stage: (stage) => {
        if (isFirst) this.#addTotal(stage.key, run.sourceCount);
        isFirst = false;
        this.#listKeys.add(stage.key);
        return this.#listen(stage.key);
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

  #addTotal(key: string, count: number | undefined): void {
    const before = this.#totals.has(key) ? this.#totals.get(key) : 0;
    this.#totals.set(key, add(before, count));
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
