// A stage in a trace: a span of its own, spans of sampled items, and what fails as events.

import {
  type Attributes,
  type Context,
  context,
  type Span,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { ObservedStage, RunObserver, StageHooks, StreamingError } from "@headrace/pipeline";
import { codeOf, describeFailure } from "../_failure.ts";
import { clock } from "../_clock.ts";
import { hasMethod } from "../_options.ts";
import { bindIterable } from "./_bind.ts";
import { guarded } from "./_guarded.ts";

/** SDKs keep 128 events of a span; what is more is counted in an attribute. */
const MAX_EVENTS = 100;

/** What the stages of a run have in common. */
export interface TraceSettings {
  readonly tracer: Tracer;
  /** One item in this many has a span; none where it is infinite. */
  readonly every: number;
  /** Takes the duration of an item that has a span. */
  readonly onDuration: (stage: string, durationMs: number) => void;
}

/** The events of a span, which several stages may add to: as many as SDKs keep. */
export class SpanEvents {
  readonly #span: Span;
  #count = 0;

  constructor(span: Span) {
    this.#span = span;
  }

  add(name: string, attributes: Attributes): void {
    if (++this.#count > MAX_EVENTS) return;
    guarded(() => this.#span.addEvent(name, attributes));
  }

  /** Sets how many were left out. */
  close(): void {
    const leftOut = this.#count - MAX_EVENTS;
    if (leftOut > 0) guarded(() => this.#span.setAttribute("headrace.events.left_out", leftOut));
  }
}

/** An item that has a span. */
interface TracedItem {
  readonly span: Span;
  readonly within: Context;
  readonly startedAt: number;
}

/** Traces the calls of a stage. */
export class StageTrace implements StageHooks {
  readonly spanId: string | undefined;
  readonly inner: RunObserver | undefined;
  readonly #settings: TraceSettings;
  readonly #stage: ObservedStage;
  /** What its items are inside of. */
  readonly #within: Context;
  readonly #events: SpanEvents;
  readonly #items = new Map<number, TracedItem>();
  /** Spans of items that have failed, until it is known with what, and when they did. */
  readonly #failed = new Map<number, Span>();

  constructor(
    settings: TraceSettings,
    stage: ObservedStage,
    { within, events, spanId, inner }: {
      readonly within: Context;
      /** Takes the events of items without a span. */
      readonly events: SpanEvents;
      /** Of the stage's own span; absent where it runs inside of another. */
      readonly spanId: string | undefined;
      readonly inner: RunObserver;
    },
  ) {
    this.#settings = settings;
    this.#stage = stage;
    this.#within = within;
    this.#events = events;
    this.spanId = spanId;
    this.inner = inner;
  }

  /** The key of its stage. */
  get key(): string {
    return this.#stage.key;
  }

  readonly call = (work: () => unknown, index: number): unknown => {
    const { gives } = this.#stage;
    // Most items: only `failed` and `retried` have something to record of them.
    if (gives === "one" && !this.#isSampled(index)) return context.with(this.#within, work);
    if (gives === "stream") {
      return bindIterable(context.with(this.#within, work), this.#within, () => {});
    }
    const item = this.#begin(index);
    const within = item?.within ?? this.#within;
    const take = (answer: unknown) => {
      if (gives === "many") {
        return bindIterable(answer, within, (failure) => this.#end(index, failure !== undefined));
      }
      this.#end(index, false);
      return answer;
    };
    const fail = (thrown: unknown): never => {
      this.#end(index, true);
      throw thrown;
    };
    try {
      const answer = context.with(within, work);
      return hasMethod(answer, "then") ? Promise.resolve(answer).then(take, fail) : take(answer);
    } catch (thrown) {
      return fail(thrown);
    }
  };

  readonly retried = (error: unknown, attempt: number, index: number): void => {
    const code = codeOf(error);
    this.#addEvent(index, "retry", { "headrace.attempt": attempt, "error.type": code });
  };

  readonly failed = (error: StreamingError): void => {
    const { itemIndex = -1, attempts, message } = error;
    const code = codeOf(error);
    const span = this.#failed.get(itemIndex);
    this.#failed.delete(itemIndex);
    if (span === undefined) {
      const attributes = { "error.type": code, "headrace.attempts": attempts };
      return this.#addEvent(itemIndex, "failure", attributes);
    }
    guarded(() => {
      span.setAttributes({ "error.type": code, "headrace.attempts": attempts });
      span.setStatus({ code: SpanStatusCode.ERROR, message });
    });
    guarded(() => span.end());
  };

  /** Ends what has not ended: items that were given up. */
  close(): void {
    for (const { span } of this.#items.values()) {
      guarded(() => span.setAttribute("headrace.item.abandoned", true));
      guarded(() => span.end());
    }
    for (const span of this.#failed.values()) guarded(() => span.end());
    this.#items.clear();
    this.#failed.clear();
  }

  #isSampled(index: number): boolean {
    const { every } = this.#settings;
    return every !== Infinity && index % every === 0;
  }

  #begin(index: number): TracedItem | undefined {
    const { tracer } = this.#settings;
    if (!this.#isSampled(index)) return undefined;
    const { key } = this.#stage;
    const attributes = { "headrace.stage": key, "headrace.item.index": index };
    const span = guarded(() => tracer.startSpan(key, { attributes }, this.#within));
    if (span === undefined) return undefined;
    const within = trace.setSpan(this.#within, span);
    const item = { span, within, startedAt: clock.now() };
    this.#items.set(index, item);
    return item;
  }

  #end(index: number, hasFailed: boolean): void {
    const item = this.#items.get(index);
    if (item === undefined) return;
    this.#items.delete(index);
    guarded(() => this.#settings.onDuration(this.#stage.key, clock.now() - item.startedAt));
    if (!hasFailed) return void guarded(() => item.span.end());
    this.#failed.set(index, item.span);
  }

  #addEvent(index: number, name: string, attributes: Attributes): void {
    const own = this.#items.get(index)?.span;
    const position = index < 0 ? {} : { "headrace.item.index": index };
    const all = { "headrace.stage": this.#stage.key, ...position, ...attributes };
    if (own === undefined) this.#events.add(name, all);
    else guarded(() => own.addEvent(name, all));
  }
}

/** Marks a span as that of something that has failed; what was thrown is named, and not quoted. */
export function markFailed(span: Span, thrown: unknown): void {
  span.setAttribute("error.type", codeOf(thrown));
  span.setStatus({ code: SpanStatusCode.ERROR, message: describeFailure(thrown) });
}
