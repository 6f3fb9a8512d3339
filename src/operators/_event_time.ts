/**
 * Puts items into windows by their own timestamps.
 *
 * @module
 */

import type { OpenStage } from "../core/open_stage.ts";
import type { FlowControl, ItemFunction } from "../core/context.ts";
import { keepAnswer } from "./_kept.ts";
import { andThen, isPromiseLike } from "../internal/promises.ts";
import { describeNumber } from "../internal/validation.ts";
import type { Windows } from "./_event_windows.ts";
import { dropOne, emit, failAfter } from "./_gather.ts";
import { MAX_TIME_MS } from "./_window_grid.ts";

/** What the windows of one run are made with. */
export interface EventParts {
  readonly windows: Windows;
  readonly timestamp: ItemFunction;
  readonly by: ItemFunction | undefined;
  readonly notify: (late: object) => unknown;
  /** Whether the run fails when an item does. */
  readonly isFatal: boolean;
}

/** The part of a stage that belongs to one run. */
export function openByEvent(
  { windows, timestamp, by, notify, isFatal }: EventParts,
  control: FlowControl,
): OpenStage {
  let lateCount = 0;
  control.keep({
    version: 1,
    snapshot: () => [lateCount, windows.snapshot()],
    restore: (saved: [number, ReturnType<Windows["snapshot"]>]) => {
      lateCount = saved[0];
      windows.restore(saved[1]);
    },
  });
  const add = (item: unknown, at: unknown, key: unknown): unknown => {
    requireTimestamp(at);
    const { watermark } = windows;
    const path = control.path();
    // Zero has no sign here.
    const placement = windows.add({ item, atMs: at + 0, key, path });
    if (placement === "placed") return emit(windows.close(), control, path);
    // One between two windows moves the watermark.
    if (placement === "between") return dropOne(control, windows.close());
    const notified = notify({ item, timestamp: at, watermark, lateCount: ++lateCount });
    return andThen(notified, () => dropOne(control));
  };
  const fail = (error: unknown) => {
    if (isFatal) return failAfter(windows.closeAll(), error, control);
    throw error;
  };
  const call: ItemFunction = (item, index, context) => {
    try {
      const at = timestamp(item, index, context);
      const key = by?.(item, index, context);
      if (!isPromiseLike(at) && !isPromiseLike(key)) {
        return keepAnswer(add(item, at, key), context, (answer) => answer, fail);
      }
      return keepAnswer(Promise.all([at, key]), context, ([at, key]) => add(item, at, key), fail);
    } catch (error) {
      return fail(error);
    }
  };
  return {
    call,
    flush: () => emit(windows.closeAll(), control),
    bufferedCount: () => windows.bufferedCount,
  };
}

function requireTimestamp(at: unknown): asserts at is number {
  if (typeof at !== "number" || !Number.isFinite(at)) {
    throw new TypeError(`An item's timestamp must be a finite number, got ${describeNumber(at)}`);
  }
  if (Math.abs(at) <= MAX_TIME_MS) return;
  throw new RangeError("An item's timestamp must be within ±2^53 ms, got one that is not");
}
