// The SDK of OpenTelemetry, with contexts that are carried, and everything kept in memory.

import { openTelemetry, type OpenTelemetryOptions } from "@headrace/observe/open_telemetry";
import type { RunObserver } from "@headrace/pipeline";
import { context, propagation } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { test as register } from "../../../tests/harness.ts";

const FAR_AWAY_MS = 3_600_000;

/** The value of a metric with these attributes. */
export interface Point {
  readonly attributes: Record<string, unknown>;
  readonly value: unknown;
}

/** What the SDK has recorded. */
export class Sdk implements AsyncDisposable {
  readonly #spans = new InMemorySpanExporter();
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #reader = new PeriodicExportingMetricReader({
    exporter: this.#metrics,
    exportIntervalMillis: FAR_AWAY_MS,
  });
  readonly tracerProvider: BasicTracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.#spans)],
  });
  readonly meterProvider: MeterProvider = new MeterProvider({ readers: [this.#reader] });

  constructor() {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  }

  /** The spans that have ended, in the order in which they began. */
  get spans(): ReadableSpan[] {
    const began = ({ startTime: [seconds, nanoseconds] }: ReadableSpan) =>
      seconds * 1e9 + nanoseconds;
    return this.#spans.getFinishedSpans().toSorted((left, right) => began(left) - began(right));
  }

  /** The only span of a name. */
  span(name: string): ReadableSpan {
    const found = this.spans.filter((span) => span.name === name);
    if (found.length !== 1) throw new Error(`There are ${found.length} spans "${name}"`);
    return found[0]!;
  }

  /** The spans right below another. */
  below(parent: ReadableSpan): ReadableSpan[] {
    const { spanId } = parent.spanContext();
    return this.spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId);
  }

  /** Collects the metrics; returns those of a name. */
  async points(name: string): Promise<Point[]> {
    this.#metrics.reset();
    await this.meterProvider.forceFlush();
    return this.#metrics.getMetrics().at(-1)!.scopeMetrics
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => [...dataPoints]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tracerProvider.shutdown();
    await this.meterProvider.shutdown();
    context.disable();
    propagation.disable();
  }
}

/** Registers a test with an SDK of its own, and what makes observers for it. */
export function test(
  title: string,
  body: (sdk: Sdk, observe: (options?: OpenTelemetryOptions) => RunObserver) => Promise<void>,
): void {
  register(title, async () => {
    await using sdk = new Sdk();
    const { tracerProvider, meterProvider } = sdk;
    await body(sdk, (options) => openTelemetry({ tracerProvider, meterProvider, ...options }));
  });
}
