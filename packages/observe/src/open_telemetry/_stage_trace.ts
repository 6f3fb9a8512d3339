// A stage in a trace: a span of its own, spans of sampled items, and what fails as events.

import {
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
import { bindIterable } from "./_bind.ts";
import { guarded } from "./_guarded.ts";

/** SDKs keep 128 events of a span; what is more is counted in an attribute. */
const MAX_EVENTS = 100;

/** What the stages of a run have in common. */
export interface TraceSettings {
  readonly tracer: Tracer;
  /** One item in so many has a span; none where it is infinite. */
  readonly every: number;
  /** Takes the duration of an item that has a span. */
  readonly onDuration: (stage: string, durationMs: number) => void;
}

/** An item that has a span. */
interface TracedItem {
  readonly span: Span;
  readonly within: Context;
  readonly startedAt: number;
}

/** Stands around the calls of a stage. */
export class StageTrace implements StageHooks {
  readonly spanId: string | undefined;
  readonly inner: RunObserver | undefined;
  readonly #settings: TraceSettings;
  readonly #stage: ObservedStage;
  /** What its items are inside of. */
  readonly #within: Context;
  /** Where events go that belong to no span of an item. */
  readonly #span: Span | undefined;
  readonly #items = new Map<number, TracedItem>();
  /** Spans of items that have failed, until it is known with what, and when they did. */
  readonly #failed = new Map<number, Span>();
  #events = 0;

  constructor(
    settings: TraceSettings,
    stage: ObservedStage,
    { within, span, ownId, inner }: {
      readonly within: Context;
      readonly span: Span | undefined;
      /** Whether the span is the stage's own. */
      readonly ownId: boolean;
      readonly inner: RunObserver;
    },
  ) {
    this.#settings = settings;
    this.#stage = stage;
    this.#within = within;
    this.#span = span;
    this.spanId = ownId ? guarded(() => span?.spanContext().spanId) : undefined;
    this.inner = inner;
  }

  /** The key of its stage. */
  get key(): string {
    return this.#stage.key;
  }

  readonly call = (work: () => unknown, index: number): unknown => {
    const { gives } = this.#stage;
    // Most items: what becomes of them is told by `failed`, if it is to be told.
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
      return isPromiseLike(answer) ? Promise.resolve(answer).then(take, fail) : take(answer);
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
    const dropped = this.#events - MAX_EVENTS;
    if (dropped <= 0) return;
    guarded(() => this.#span?.setAttribute("headrace.events.left_out", dropped));
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

  #addEvent(index: number, name: string, attributes: Record<string, string | number>): void {
    const own = this.#items.get(index)?.span;
    if (own === undefined && ++this.#events > MAX_EVENTS) return;
    const position = index < 0 ? {} : { "headrace.item.index": index };
    const stage = { "headrace.stage": this.#stage.key };
    guarded(() => (own ?? this.#span)?.addEvent(name, { ...stage, ...position, ...attributes }));
  }
}

/** Marks a span as that of something that has failed; what was thrown is named, and not quoted. */
export function markFailed(span: Span, thrown: unknown): void {
  span.setAttribute("error.type", codeOf(thrown));
  span.setStatus({ code: SpanStatusCode.ERROR, message: describeFailure(thrown) });
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
