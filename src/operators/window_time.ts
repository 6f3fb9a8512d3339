import { createStreamStage } from "./_stream_stage.ts";
import type { StageContext, WindowOf } from "../base/types.ts";
import type { WindowContentOptions, WindowTimeOptions } from "../base/options.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { EXPAND, type ItemStage } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import { failsFast } from "../base/errors.ts";
import { hasProperty } from "../internal/thrown.ts";
import {
  refuse,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  type Subject,
} from "../internal/validation.ts";
import type { EventTimeOptions, SessionOptions, TimeWindowOptions } from "../base/options.ts";
import { ClockWindows } from "./_clock_windows.ts";
import type { Windows } from "./_event_windows.ts";
import { openByEvent } from "./_event_time.ts";
import { SessionWindows } from "./_session_windows.ts";
import { toSink } from "./_sink.ts";
import { SlidingWindows } from "./_sliding_windows.ts";
import { WindowGrid } from "./_window_grid.ts";
import { resolveContent } from "./_window_content.ts";
import { resolveStageOptions } from "./_options.ts";

const EVENT_OPTIONS: readonly (keyof Given)[] = [
  "timestamp",
  "gapMs",
  "allowedLatenessMs",
  "lateItems",
  "by",
  "errorStrategy",
];

/**
 * Gathers items by time: `{ start, end, items, key }`, `items` never empty, `key` undefined
 * without `by`.
 *
 * **By the clock**, with `sizeMs` alone: an item is in the window of the moment at which it comes
 * in, and a window comes out when its time is over. Windows begin at multiples of `slideMs` since
 * the Unix epoch; a smaller one than `sizeMs` makes them overlap. Nothing is read while no
 * `next()` is pending; there is one timer at most, and none after the run.
 *
 * **By event time**, with `timestamp`: an item is in the windows of the moment that it gives, and
 * no timer is used. The watermark is the highest timestamp seen, less `allowedLatenessMs`. A
 * window comes out when the watermark has reached its end, those that end first before others, and
 * takes no more items. An item that has no open window left is late: it goes to `lateItems`, and
 * is dropped. With `gapMs` instead of `sizeMs`, windows are sessions: items less than `gapMs`
 * apart are in one, which ends `gapMs` after its last; an item between two open ones makes them
 * one. With `by`, each key has windows of its own, under one watermark; keys are compared as those
 * of a `Map` are, and forgotten with their last window.
 *
 * Sizes, slides and gaps are whole milliseconds, and times any number within ±2^53: whether an item
 * is in a window is decided in whole numbers, which are exact.
 *
 * With `aggregate`, one value per window is kept instead of its items, and comes out as `value`.
 *
 * Open windows are kept in memory. When the source, or a function of the options, fails, the
 * windows that are open come out first, as they do at the end.
 *
 * Of "The Dataflow Model" (Akidau et al., VLDB 2015) this keeps event time, fixed and sliding
 * windows and merging sessions, per key, and a heuristic watermark. It leaves out triggers other
 * than the watermark, and with them accumulation and retraction: each window comes out once. The
 * watermark moves with items alone, not while the source is silent.
 *
 * @typeParam TGroup The type of the windows' keys.
 * @param options How long the windows are, and by which time.
 * @throws {TypeError | RangeError} When it is used, if an option is not valid.
 * @category Several items together
 *
 * @example Readings per minute, by the time that they carry
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { windowTime } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const minutes = windowTime({
 *   sizeMs: 60_000,
 *   timestamp: (reading: { at: number; value: number }) => reading.at,
 * });
 * const pipeline = StreamingPipeline.start<{ at: number; value: number }>()
 *   .use("minute", minutes)
 *   .map("row", ({ start, items }) => [start, items.length]);
 *
 * const readings = [{ at: 1_000, value: 20 }, { at: 59_000, value: 21 }, { at: 60_000, value: 22 }];
 * assertEquals(await pipeline.executeToArray(readings), [[0, 2], [60_000, 1]]);
 * ```
 */
export function windowTime<
  TInput,
  TGroup = undefined,
  TValue = never,
  TAccumulated = unknown,
  TContext = unknown,
>(
  options: WindowTimeOptions<TInput, StageContext<TAccumulated, TContext>, TGroup, TValue>,
): Operator<TInput, WindowOf<TInput, TGroup, TValue>, TAccumulated, TContext> {
  return createOperator("windowTime", (place) => {
    const given = options as Given;
    requireKnownOptions(place, given, ["sizeMs", "slideMs", "aggregate", ...EVENT_OPTIONS]);
    const { sizeMs, slideMs = sizeMs, gapMs, aggregate } = given;
    const isByEvent = hasProperty(given, "timestamp");
    const shape = { sizeMs, slideMs, gapMs, timestamp: isByEvent, aggregate: !!aggregate };
    if (isByEvent) return { ...place, shape, ...createEventPart(place, given) };
    const needy = EVENT_OPTIONS.find((option) => given[option] !== undefined);
    if (needy !== undefined) refuse(place, `${needy} needs timestamp`);
    const content = resolveContent(place, aggregate, false);
    const grid = new WindowGrid(place, sizeMs, slideMs);
    return createStreamStage(
      place,
      ({ input }, control) => new ClockWindows({ input, control }, grid, content),
      { isResumable: true, shape },
    );
  });
}

/** What the caller gave: some of these. */
type Given =
  & Partial<TimeWindowOptions>
  & Partial<EventTimeOptions<never, never, unknown>>
  & Partial<SessionOptions>
  & WindowContentOptions<never, unknown>;

type EventPart = Pick<ItemStage, "kind" | "outcome" | "open" | "errorStrategy">;

function createEventPart(subject: Subject, options: Given): EventPart {
  const { timestamp, by, lateItems, allowedLatenessMs = 0, errorStrategy } = options;
  requireFunction(subject, "timestamp", timestamp);
  if (by !== undefined) requireFunction(subject, "by", by);
  requireNumber(subject, "allowedLatenessMs", allowedLatenessMs, 0);
  const notify = toSink(subject, "lateItems", lateItems) ?? (() => undefined);
  const createWindows = resolveShape(subject, options, allowedLatenessMs);
  return {
    kind: "item",
    outcome: EXPAND,
    ...resolveStageOptions(subject, { errorStrategy }),
    open: (control) =>
      openByEvent({
        windows: createWindows(),
        timestamp: timestamp as ItemFunction,
        by: by as ItemFunction | undefined,
        notify,
        isFatal: failsFast(errorStrategy),
      }, control),
  };
}

/** What makes the windows of one run. */
function resolveShape(
  subject: Subject,
  { sizeMs, slideMs = sizeMs, gapMs, aggregate }: Given,
  allowedLatenessMs: number,
): () => Windows {
  const content = resolveContent(subject, aggregate, gapMs !== undefined);
  if (gapMs === undefined) {
    const grid = new WindowGrid(subject, sizeMs, slideMs);
    return () => new SlidingWindows(grid, allowedLatenessMs, content);
  }
  if (sizeMs !== undefined || slideMs !== undefined) {
    refuse(subject, "gapMs makes sessions, which have neither sizeMs nor slideMs");
  }
  requireInteger(subject, "gapMs", gapMs, 1);
  return () => new SessionWindows(gapMs, allowedLatenessMs, content);
}
