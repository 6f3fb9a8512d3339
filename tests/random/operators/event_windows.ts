// Windows by the time that items carry, worked out on plain arrays.

import { ANSWERS, toNumber } from "../numbers.ts";
import type { Model } from "../operator.ts";

interface OpenWindow {
  readonly key: number | undefined;
  start: number;
  end: number;
  items: unknown[];
  /** Windows of the same time come out in the order in which they were opened. */
  readonly opened: number;
}

/** Windows of one length, each key's own. */
export function eventWindows(
  { sizeMs, slideMs, allowedLatenessMs }: {
    readonly sizeMs: number;
    readonly slideMs: number;
    readonly allowedLatenessMs: number;
  },
): Model {
  let open: OpenWindow[] = [];
  let watermark = -Infinity;
  let opened = 0;
  return {
    feed: (item) => {
      const at = ANSWERS.moment(toNumber(item));
      const key = ANSWERS.key(toNumber(item));
      const last = Math.floor(at / slideMs) * slideMs;
      const starts = [];
      for (let start = last; start > at - sizeMs; start -= slideMs) starts.unshift(start);
      for (const start of starts) {
        const end = start + sizeMs;
        if (end <= watermark) continue;
        let window = open.find((each) => each.key === key && each.start === start);
        if (window === undefined) {
          open.push(window = { key, start, end, items: [], opened: opened++ });
        }
        window.items.push(item);
      }
      watermark = Math.max(watermark, at - allowedLatenessMs);
      const due = open.filter(({ end }) => end <= watermark);
      open = open.filter(({ end }) => end > watermark);
      return emit(due);
    },
    end: () => emit(open),
  };
}

/** Windows that grow as long as their items are less than `gapMs` apart. */
export function sessions(gapMs: number): Model {
  let open: OpenWindow[] = [];
  let watermark = -Infinity;
  let opened = 0;
  return {
    feed: (item) => {
      const at = ANSWERS.moment(toNumber(item));
      const touched = open.filter(({ start, end }) => at + gapMs > start && at < end);
      if (touched.length === 0 && at + gapMs <= watermark) return [];
      const first = touched[0] ??
        { key: undefined, start: at, end: at + gapMs, items: [], opened: opened++ };
      if (touched.length === 0) open.push(first);
      for (const other of touched.slice(1)) {
        first.items.push(...other.items);
        first.start = Math.min(first.start, other.start);
        first.end = Math.max(first.end, other.end);
        open.splice(open.indexOf(other), 1);
      }
      first.items.push(item);
      first.start = Math.min(first.start, at);
      first.end = Math.max(first.end, at + gapMs);
      watermark = Math.max(watermark, at);
      const due = open.filter(({ end }) => end <= watermark);
      open = open.filter(({ end }) => end > watermark);
      return emit(due);
    },
    end: () => emit(open),
  };
}

function emit(windows: readonly OpenWindow[]) {
  return [...windows]
    .sort((one, other) =>
      one.end - other.end || one.start - other.start || one.opened - other.opened
    )
    .map(({ start, end, items, key }) => ({ start, end, items, key }));
}
