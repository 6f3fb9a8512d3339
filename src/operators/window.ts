import { createOperator, type Operator } from "../core/operator.ts";
import { DROP, GATHER, type StageControl } from "../core/stage.ts";
import type { OpenStage } from "../core/open_stage.ts";
import {
  refuse,
  requireBoolean,
  requireInteger,
  requireKnownOptions,
  type Subject,
} from "../internal/validation.ts";
import type { WindowOptions } from "../base/options.ts";

/**
 * How many items that no window needs any more are kept, beyond the size of a window, before they
 * are released.
 */
const SPARE = 16;

/**
 * Gathers items into arrays that begin every `slide` items: `TCurrentOutput[]`, length `size`. A
 * smaller `slide` makes them overlap, a larger one leaves items out.
 *
 * A window comes out as soon as it is full; `size` items are kept. When the source ends or fails,
 * items that no window has had yet come out in one that is shorter, unless `partial` is false.
 *
 * @param size How many items a window has, a positive integer, or all options.
 * @param slide How many items after one window the next begins; `size` by default.
 * @throws {TypeError | RangeError} When it is used, if an option is not valid.
 * @category Several items together
 *
 * @example A moving average
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { window } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("window", window({ size: 2, slide: 1, partial: false }))
 *   .map("average", ([first = 0, second = 0]) => (first + second) / 2);
 *
 * assertEquals(await pipeline.executeToArray([1, 3, 5]), [2, 4]);
 * ```
 */
export function window<TInput, TAccumulated = unknown, TContext = unknown>(
  size: number | WindowOptions,
  slide?: number,
): Operator<TInput, TInput[], TAccumulated, TContext> {
  return createOperator("window", (place) => {
    const options = resolveOptions(place, toOptions(place, size, slide));
    return {
      kind: "item",
      ...place,
      remembers: true,
      outcome: GATHER,
      shape: options,
      open: (control) => openWindows(options, control),
    };
  });
}

function toOptions(
  subject: Subject,
  size: number | WindowOptions,
  slide: number | undefined,
): WindowOptions {
  if (typeof size === "number") return slide === undefined ? { size } : { size, slide };
  if (slide === undefined) return size;
  refuse(subject, "slide is an option where options are given");
}

interface WindowSettings {
  readonly size: number;
  readonly slide: number;
  readonly partial: boolean;
}

function resolveOptions(subject: Subject, options: WindowOptions): WindowSettings {
  requireKnownOptions(subject, options, ["size", "slide", "partial"]);
  const { size, slide = size, partial = true } = options;
  requireInteger(subject, "size", size, 1);
  requireInteger(subject, "slide", slide, 1);
  requireBoolean(subject, "partial", partial);
  return { size, slide, partial };
}

function openWindows(
  { size, slide, partial }: WindowSettings,
  control: StageControl,
): OpenStage {
  // Items that no window needs stay in front until there are many: a window is one copy of its
  // items.
  let items: unknown[] = [];
  let first = 0;
  /** How many of them no window has had. */
  let fresh = 0;
  let toSkip = 0;
  control.keep({
    version: 1,
    snapshot: () => [items.slice(first), fresh, toSkip],
    restore: (saved: [unknown[], number, number]) => [items, fresh, toSkip] = saved,
  });
  return {
    call(item) {
      if (toSkip > 0) {
        toSkip--;
        control.drop();
        return DROP;
      }
      fresh++;
      if (items.push(item) - first < size) return DROP;
      const full = items.slice(first);
      first += Math.min(slide, size);
      if (first === items.length || first >= size + SPARE) {
        items = items.slice(first);
        first = 0;
      }
      toSkip = Math.max(slide - size, 0);
      fresh = 0;
      return full;
    },
    flush() {
      const rest = items.slice(first);
      items = [];
      first = 0;
      return partial && fresh > 0 ? rest : DROP;
    },
    bufferedCount: () => items.length - first,
  };
}
