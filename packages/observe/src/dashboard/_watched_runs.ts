// The runs of a dashboard: those that go on, and the latest that are over.

import type { ObservedRun, RunHooks } from "@headrace/pipeline";
import { describeFailure } from "../_failure.ts";
import type { RunFigures, StageFigures } from "../figures.ts";
import { RunView } from "../_run_view.ts";
import type { RunSnapshot, StageSnapshot } from "./snapshot.ts";

/** A run that goes on. */
interface Live {
  readonly view: RunView;
  readonly name: string;
}

/** Keeps runs by their ids. */
export class WatchedRuns {
  readonly #maxRuns: number;
  readonly #keptRuns: number;
  readonly #live = new Map<number, Live>();
  /** By when they ended, the oldest first. */
  readonly #over = new Map<number, RunSnapshot>();
  #latestId = 0;
  #notShown = 0;

  constructor(maxRuns: number, keptRuns: number) {
    this.#maxRuns = maxRuns;
    this.#keptRuns = keptRuns;
  }

  /** How many runs go on that are not watched, because there are too many. */
  get notShown(): number {
    return this.#notShown;
  }

  /** The ids of all runs. */
  get ids(): number[] {
    return [...this.#over.keys(), ...this.#live.keys()];
  }

  /** Watches a run to its end, if there is room. */
  add(run: ObservedRun, name: string): RunHooks {
    if (this.#live.size >= this.#maxRuns) {
      this.#notShown++;
      run.ended.then(() => this.#notShown--);
      return {};
    }
    const view = new RunView(run);
    const id = ++this.#latestId;
    this.#live.set(id, { view, name });
    run.ended.then(() => {
      this.#live.delete(id);
      this.#keep(describeRun(id, name, view));
    });
    return view;
  }

  /** All runs that go on, and those that are over and not in `known`. */
  read(known: ReadonlySet<number>): RunSnapshot[] {
    const over = [...this.#over.values()].filter(({ id }) => !known.has(id));
    return [...over, ...[...this.#live].map(([id, { name, view }]) => describeRun(id, name, view))];
  }

  #keep(run: RunSnapshot): void {
    this.#over.set(run.id, run);
    for (const id of this.#over.keys()) {
      if (this.#over.size <= this.#keptRuns) return;
      this.#over.delete(id);
    }
  }
}

function describeRun(id: number, name: string, view: RunView): RunSnapshot {
  const { status, startedAt, durationMs, outputCount, traceId, error, stages } = view.read();
  return {
    id,
    name,
    status,
    isOver: isOver(status),
    startedAt,
    durationMs,
    outputCount,
    sourceCount: view.run.sourceCount,
    traceId,
    ...((status === "failed" || status === "aborted") && { failure: describeFailure(error) }),
    stages: stages.map(describeStage),
  };
}

function isOver(status: RunFigures["status"]): boolean {
  return status !== "pending" && status !== "running";
}

function describeStage(stage: StageFigures): StageSnapshot {
  const { inFlightCount, waitingCount, timing } = stage;
  return {
    key: stage.key,
    operator: stage.operator,
    inputCount: stage.inputCount,
    outputCount: stage.outputCount,
    droppedCount: stage.droppedCount,
    errorCount: stage.errorCount,
    retryCount: stage.retryCount,
    abandonedCount: stage.abandonedCount,
    busyCount: inFlightCount - waitingCount,
    waitingCount,
    totalCount: stage.totalCount,
    stalledOn: stage.stalledOn,
    p50Ms: timing.p50DurationMs,
    p95Ms: timing.p95DurationMs,
    codes: Object.fromEntries(stage.codes),
  };
}
