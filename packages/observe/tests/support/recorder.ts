// A provider of OpenTelemetry that keeps its spans and nothing else, for runtimes on which the SDK is not
// tried. `integration/` has the SDK itself.

import {
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";

/** A span as it was recorded. */
export interface RecordedSpan {
  readonly name: string;
  readonly ids: SpanContext;
  readonly parentId: string | undefined;
  readonly attributes: Attributes;
  readonly events: string[];
  status: SpanStatus;
  isEnded: boolean;
}

/** Keeps spans. */
export class Recorder {
  readonly spans: RecordedSpan[] = [];
  /** Those that have ended, in that order. */
  readonly ended: RecordedSpan[] = [];

  getTracer(): Tracer {
    const tracer: Pick<Tracer, "startSpan"> = {
      startSpan: (name, options, context) => this.#start(name, options, context!),
    };
    // Nothing here starts spans that are active.
    return tracer as Tracer;
  }

  #start(name: string, { attributes = {} }: SpanOptions = {}, context: Context): Span {
    const parent = trace.getSpanContext(context);
    const number = this.spans.length + 1;
    const ids: SpanContext = {
      traceId: parent?.traceId ?? `${number}`.padStart(32, "a"),
      spanId: `${number}`.padStart(16, "b"),
      traceFlags: 1,
    };
    const recorded: RecordedSpan = {
      name,
      ids,
      parentId: parent?.spanId,
      attributes: { ...attributes },
      events: [],
      status: { code: SpanStatusCode.UNSET },
      isEnded: false,
    };
    this.spans.push(recorded);
    const span: Partial<Span> = {
      spanContext: () => ids,
      setAttribute: (
        key,
        value,
      ) => (Object.assign(recorded.attributes, { [key]: value }), span as Span),
      setAttributes: (more) => (Object.assign(recorded.attributes, more), span as Span),
      addEvent: (name) => (recorded.events.push(name), span as Span),
      setStatus: (status) => (recorded.status = status, span as Span),
      end: () => {
        if (recorded.isEnded) throw new Error(`The span "${name}" was ended twice`);
        recorded.isEnded = true;
        this.ended.push(recorded);
      },
    };
    return span as Span;
  }
}
