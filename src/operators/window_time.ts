import { EXPAND, type ItemFunction, type ItemStage, type Stage } from "../engine/stage.ts";
import { StreamingErrorStrategy } from "../errors.ts";
import {
  requireFunction,
  requireKey,
  requireKnownOptions,
  requireNumber,
  type Subject,
} from "../internal/validation.ts";
import type { EventTimeOptions, SessionOptions, TimeWindowOptions } from "../options.ts";
import { ClockWindows } from "./_clock_windows.ts";
import { EventWindows, type WindowShape } from "./_event_windows.ts";
import { openByEvent } from "./_event_time.ts";
import { toSink } from "./_sink.ts";
import { requirePositive } from "./_numbers.ts";
import { resolveStageOptions } from "./_options.ts";

const TIME_OPTIONS = ["sizeMs", "slideMs"];
const EVENT_OPTIONS = [
  ...["timestamp", "gapMs", "allowedLatenessMs", "lateItems", "by", "errorStrategy"],
  ...TIME_OPTIONS,
];

/** What the caller of `windowTime` gave: some of these. */
type Given =
  & Partial<TimeWindowOptions>
  & Partial<EventTimeOptions<never, never, unknown>>
  & Partial<SessionOptions>;

/** The items of a span of time, by the clock or by what they say themselves. */
export function createWindowTimeStage(key: string, options: Given): Stage {
  requireKey("windowTime", key);
  const subject = { operator: "windowTime", key };
  const isByEvent = typeof options === "object" && options !== null && "timestamp" in options;
  requireKnownOptions(subject, options, isByEvent ? EVENT_OPTIONS : TIME_OPTIONS);
  const base = { key, name: key, operator: "windowTime" };
  if (isByEvent) return { ...base, ...createEventPart(subject, options) };
  const { sizeMs, slideMs = sizeMs } = options;
  requireNumber(subject, "sizeMs", sizeMs, 1);
  requireNumber(subject, "slideMs", slideMs, 1);
  return {
    kind: "stream",
    ...base,
    open: ({ input }, control) => new ClockWindows({ input, control }, sizeMs, slideMs),
  };
}

type EventPart = Pick<ItemStage, "kind" | "outcome" | "open" | "errorStrategy">;

function createEventPart(subject: Subject, options: Given): EventPart {
  const { timestamp, by, lateItems, allowedLatenessMs = 0, errorStrategy } = options;
  requireFunction(subject, "timestamp", timestamp);
  if (by !== undefined) requireFunction(subject, "by", by);
  requireNumber(subject, "allowedLatenessMs", allowedLatenessMs, 0);
  const tell = toSink(subject, "lateItems", lateItems) ?? (() => undefined);
  const shape = resolveShape(subject, options);
  const settings = resolveStageOptions(
    subject,
    errorStrategy === undefined ? {} : { errorStrategy },
  );
  const isFatal = (errorStrategy ?? StreamingErrorStrategy.FAIL_FAST) ===
    StreamingErrorStrategy.FAIL_FAST;
  return {
    kind: "item",
    outcome: EXPAND,
    ...settings,
    open: (control) =>
      openByEvent({
        windows: new EventWindows(shape, allowedLatenessMs),
        timestamp: timestamp as ItemFunction,
        by: by as ItemFunction | undefined,
        tell,
        isFatal,
      }, control),
  };
}

function resolveShape(subject: Subject, { sizeMs, slideMs, gapMs }: Given): WindowShape {
  if (gapMs === undefined) {
    requirePositive(subject, "sizeMs", sizeMs);
    if (slideMs !== undefined) requirePositive(subject, "slideMs", slideMs);
    return { kind: "sliding", sizeMs: sizeMs!, slideMs: slideMs ?? sizeMs! };
  }
  if (sizeMs !== undefined || slideMs !== undefined) {
    throw new TypeError(
      `Cannot ${subject.operator} stage "${subject.key}": gapMs makes sessions, which have neither ` +
        `sizeMs nor slideMs`,
    );
  }
  requirePositive(subject, "gapMs", gapMs);
  return { kind: "session", gapMs };
}
