import {
  type Context,
  context,
  isSpanContextValid,
  type Meter,
  metrics,
  type Span,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { ObservedStage, RunHooks, RunObserver } from "@headrace/pipeline";
import type { StageFigures } from "../figures.ts";
import { hasMethod, requireKnown, requireType, show } from "../_options.ts";
import { RunView } from "../_run_view.ts";
import { observers } from "../observers.ts";
import { guarded } from "./_guarded.ts";
import { RunMetrics } from "./_run_metrics.ts";
import { markFailed, SpanEvents, StageTrace, type TraceSettings } from "./_stage_trace.ts";
import { extractParent, type TraceCarrier } from "./traceparent.ts";

const SUBJECT = "Cannot trace runs";
const OPTIONS = ["name", "itemShare", "parent", "tracerProvider", "meterProvider"];
const SCOPE = "@headrace/observe";
const DEFAULT_ITEM_SHARE = 0.01;

/**
 * Options of {@linkcode openTelemetry}.
 *
 * @category OpenTelemetry
 */
export interface OpenTelemetryOptions {
  /** What the pipeline is called in spans and metrics. @default {"pipeline"} */
  readonly name?: string | undefined;
  /**
   * The share of items that have a span in each stage, from 0 to 1, rounded to one in a whole number,
   * beginning with the first. @default {0.01}
   */
  readonly itemShare?: number | undefined;
  /**
   * The headers that name the trace which runs continue (W3C Trace Context), or a function that gives them
   * for each run. The span that is active when a run begins by default.
   */
  readonly parent?: TraceCarrier | (() => TraceCarrier | undefined) | undefined;
  /** What makes tracers: a `TracerProvider` of `@opentelemetry/api`. The one that is registered by default. */
  readonly tracerProvider?: { getTracer(name: string, version?: string): object } | undefined;
  /** What makes meters: a `MeterProvider` of `@opentelemetry/api`. The one that is registered by default. */
  readonly meterProvider?: { getMeter(name: string, version?: string): object } | undefined;
}

/**
 * Makes an observer that traces and measures runs by OpenTelemetry. Where no SDK is registered, nothing is
 * recorded, and calls are made as they are.
 *
 * A run has a span, each of its stages has one below it, and a sample of items below their stage. The work on
 * an item runs in the context of its span or its stage's: so do generators while they are read, and the
 * stages of groups, branches and lists of a batch pipeline, so that clients which are instrumented continue
 * the trace. `traceId` and `spanId` that functions get are those of the spans. Attempts that follow a failed
 * one are events `retry`, items that fail without a span of their own are events `failure`, each with the
 * code. Nothing of an item is recorded.
 *
 * Metrics: `headrace.items` by stage and outcome, `headrace.retries`, `headrace.items.in_flight`,
 * `headrace.runs.active`, `headrace.run.duration`, `headrace.item.duration` of items with a span.
 *
 * @param options What is traced, and into which trace. Make one observer for all runs of a pipeline.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category OpenTelemetry
 *
 * @example A run that continues the trace of a request
 * ```ts
 * import { openTelemetry } from "@headrace/observe/open_telemetry";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const request = new Request("https://example.com", {
 *   headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
 * });
 * const observer = openTelemetry({ name: "answer", parent: request.headers });
 * const items = await StreamingPipeline.start<number>()
 *   .map("double", (number) => number * 2)
 *   .executeToArray([1, 2], { observer });
 * assertEquals(items, [2, 4]);
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): RunObserver {
  requireKnown(SUBJECT, options, OPTIONS);
  const { name = "pipeline", parent, tracerProvider, meterProvider } = options;
  requireType(SUBJECT, "name", name, "string");
  requireParent(parent);
  requireProvider("tracerProvider", tracerProvider, "getTracer");
  requireProvider("meterProvider", meterProvider, "getMeter");
  const every = readEvery(options.itemShare);
  // Those of any version of the API: what is used of them has been there since the first.
  const tracer = (tracerProvider ?? trace).getTracer(SCOPE) as Tracer;
  const meter = (meterProvider ?? metrics).getMeter(SCOPE) as Meter;
  const figures = new RunMetrics(meter, name);
  const settings: TraceSettings = {
    tracer,
    every,
    onDuration: (stage, durationMs) => figures.recordItem(stage, durationMs),
  };
  return (run) => {
    const view = new RunView(run);
    figures.add(view);
    run.ended.then(() => guarded(() => figures.remove(view, view.read())));
    const carrier = typeof parent === "function" ? parent() : parent;
    const active = context.active();
    const within = carrier === undefined ? active : extractParent(carrier, active);
    return observers(() => traceRun(view, name, within, settings), () => view)(run);
  };
}

/** A run, as a span with spans of its stages. */
function traceRun(
  view: RunView,
  name: string,
  parent: Context,
  settings: TraceSettings,
): RunHooks | void {
  const { tracer } = settings;
  const begun = guarded(() => {
    const span = tracer.startSpan(name, { attributes: { "headrace.pipeline": name } }, parent);
    // Without an SDK there is nothing to record, and the trace is none.
    if (isSpanContextValid(span.spanContext())) return { span, ...span.spanContext() };
    span.end();
  });
  if (begun === undefined) return;
  const { span, traceId } = begun;
  const within = trace.setSpan(parent, span);
  const stages: TracedStage[] = [];
  const inside = new Set<StageTrace>();
  view.run.ended.then(() => {
    const { status, outputCount, error, stages: figures } = view.read();
    // Calls that were given up may keep runs inside from ending: the innermost end first.
    for (const trace of [...inside].reverse()) trace.close();
    for (const { span, events, trace } of stages) {
      trace.close();
      events.close();
      const counts = figures.find(({ key }) => key === trace.key);
      guarded(() => counts && span.setAttributes(describe(counts)));
      guarded(() => span.end());
    }
    guarded(() => {
      span.setAttributes({ "headrace.run.status": status, "headrace.items.out": outputCount });
      if (status === "failed") markFailed(span, error);
    });
    guarded(() => span.end());
  });
  return {
    traceId,
    stage: (stage) => {
      const attributes = { "headrace.stage": stage.key, "headrace.operator": stage.operator };
      const own = guarded(() => tracer.startSpan(stage.key, { attributes }, within));
      if (own === undefined) return;
      const withinStage = trace.setSpan(within, own);
      const events = new SpanEvents(own);
      const spanId = guarded(() => own.spanContext().spanId);
      const traced = traceStage(
        stage,
        { settings, within: withinStage, events, traceId, inside },
        spanId,
      );
      stages.push({ span: own, events, trace: traced });
      return traced;
    },
  };
}

/** A stage with a span of its own. */
interface TracedStage {
  readonly span: Span;
  readonly events: SpanEvents;
  readonly trace: StageTrace;
}

interface Surroundings {
  readonly settings: TraceSettings;
  readonly within: Context;
  readonly events: SpanEvents;
  readonly traceId: string;
  /** The stages of runs inside that go on. */
  readonly inside: Set<StageTrace>;
}

/** Traces a stage; `spanId` is that of its own span, which it does not have inside of another stage. */
function traceStage(
  stage: ObservedStage,
  surroundings: Surroundings,
  spanId?: string,
): StageTrace {
  const { settings, within, events, traceId, inside } = surroundings;
  return new StageTrace(settings, stage, {
    within,
    events,
    spanId,
    inner: (run) => {
      // Inside of the item that it works on, where that has a span and contexts are carried.
      const active = context.active();
      const isInside = trace.getSpanContext(active)?.traceId === traceId;
      const traces: StageTrace[] = [];
      run.ended.then(() => {
        for (const trace of traces) {
          trace.close();
          inside.delete(trace);
        }
      });
      return {
        traceId,
        stage: (stage) => {
          const traced = traceStage(stage, { ...surroundings, within: isInside ? active : within });
          traces.push(traced);
          inside.add(traced);
          return traced;
        },
      };
    },
  });
}

function describe(stage: StageFigures): Record<string, number> {
  return {
    "headrace.items.in": stage.inputCount,
    "headrace.items.out": stage.outputCount,
    "headrace.items.dropped": stage.droppedCount,
    "headrace.items.failed": stage.errorCount,
    "headrace.items.abandoned": stage.abandonedCount,
    "headrace.retries": stage.retryCount,
  };
}

/** A share as one in a whole number. */
function readEvery(share: number | undefined): number {
  if (share === undefined) return 1 / DEFAULT_ITEM_SHARE;
  if (typeof share === "number" && share >= 0 && share <= 1) {
    return share === 0 ? Infinity : Math.round(1 / share);
  }
  throw new RangeError(`${SUBJECT}: itemShare must be from 0 to 1, got ${show(share)}`);
}

function requireParent(parent: OpenTelemetryOptions["parent"]): void {
  if (parent === undefined || typeof parent === "function") return;
  if (typeof parent === "object" && parent !== null) return;
  throw new TypeError(
    `${SUBJECT}: parent must be headers or a function that gives them, got ${show(parent)}`,
  );
}

function requireProvider(name: string, provider: unknown, method: string): void {
  if (provider === undefined || hasMethod(provider, method)) return;
  throw new TypeError(`${SUBJECT}: ${name} must have ${method}(), got ${show(provider)}`);
}
