// The figures of all runs that are observed, as metrics: looked up when a reader collects them.

import type { Attributes, Histogram, Meter, ObservableResult } from "@opentelemetry/api";
import type { RunFigures, StageFigures } from "../figures.ts";
import type { RunView } from "../_run_view.ts";

const OUTCOMES = {
  passed: "passedCount",
  dropped: "droppedCount",
  failed: "errorCount",
  abandoned: "abandonedCount",
} as const satisfies Record<string, keyof StageFigures>;

type Outcome = keyof typeof OUTCOMES;

/** Sums over the runs of a stage that are over. */
type Totals = Record<Outcome | "retries", number>;

/** The metrics of the runs of one observer. */
export class RunMetrics {
  readonly #name: string;
  readonly #live = new Set<RunView>();
  readonly #done = new Map<string, Totals>();
  readonly #runs: Histogram;
  readonly #items: Histogram;

  constructor(meter: Meter, name: string) {
    this.#name = name;
    const items = meter.createObservableCounter("headrace.items", {
      description: "Items that a stage is done with, by what became of them",
      unit: "{item}",
    });
    const retries = meter.createObservableCounter("headrace.retries", {
      description: "Attempts beyond the first",
      unit: "{attempt}",
    });
    const inFlight = meter.createObservableGauge("headrace.items.in_flight", {
      description: "Items that a stage works on, or keeps back",
      unit: "{item}",
    });
    const active = meter.createObservableGauge("headrace.runs.active", {
      description: "Runs that go on",
      unit: "{run}",
    });
    this.#runs = meter.createHistogram("headrace.run.duration", {
      description: "How long runs took",
      unit: "s",
    });
    this.#items = meter.createHistogram("headrace.item.duration", {
      description: "How long the work on an item took, of those that have a span",
      unit: "s",
    });
    items.addCallback((result) => this.#observeItems(result));
    retries.addCallback((result) => {
      for (const [stage, totals] of this.#sum()) result.observe(totals.retries, this.#of(stage));
    });
    inFlight.addCallback((result) => this.#observeInFlight(result));
    active.addCallback((result) => result.observe(this.#live.size, this.#of()));
  }

  /** A run has begun. */
  add(view: RunView): void {
    this.#live.add(view);
  }

  /** The run is over, with these figures. */
  remove(view: RunView, { stages, durationMs, status }: RunFigures): void {
    this.#live.delete(view);
    for (const stage of stages) addTo(this.#done, stage, view.before(stage.key));
    this.#runs.record(durationMs / 1000, { ...this.#of(), "headrace.run.status": status });
  }

  /** The work on an item with a span has taken `durationMs`. */
  recordItem(stage: string, durationMs: number): void {
    this.#items.record(durationMs / 1000, this.#of(stage));
  }

  #observeItems(result: ObservableResult): void {
    for (const [stage, totals] of this.#sum()) {
      for (const outcome of Object.keys(OUTCOMES) as Outcome[]) {
        result.observe(totals[outcome], { ...this.#of(stage), "headrace.outcome": outcome });
      }
    }
  }

  #observeInFlight(result: ObservableResult): void {
    const counts = new Map([...this.#done.keys()].map((key) => [key, 0]));
    for (const view of this.#live) {
      for (const { key, inFlightCount } of view.read().stages) {
        counts.set(key, (counts.get(key) ?? 0) + inFlightCount);
      }
    }
    for (const [stage, count] of counts) result.observe(count, this.#of(stage));
  }

  #sum(): Map<string, Totals> {
    const totals = new Map([...this.#done].map(([key, done]) => [key, { ...done }]));
    for (const view of this.#live) {
      for (const stage of view.read().stages) addTo(totals, stage, view.before(stage.key));
    }
    return totals;
  }

  #of(stage?: string): Attributes {
    const pipeline = { "headrace.pipeline": this.#name };
    return stage === undefined ? pipeline : { ...pipeline, "headrace.stage": stage };
  }
}

/** Adds what a run has counted of a stage; `counted` is what the runs before it had. */
function addTo(
  totals: Map<string, Totals>,
  stage: StageFigures,
  counted: StageFigures | undefined,
): void {
  const before = totals.get(stage.key) ??
    { passed: 0, dropped: 0, failed: 0, abandoned: 0, retries: 0 };
  const read = (name: typeof OUTCOMES[Outcome] | "retryCount") =>
    stage[name] - (counted?.[name] ?? 0);
  totals.set(stage.key, {
    passed: before.passed + read("passedCount"),
    dropped: before.dropped + read("droppedCount"),
    failed: before.failed + read("errorCount"),
    abandoned: before.abandoned + read("abandonedCount"),
    retries: before.retries + read("retryCount"),
  });
}
