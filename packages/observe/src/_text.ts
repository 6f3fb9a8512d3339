// Text for people: figures, durations, and lines that fit.

import stringWidth from "string-width";

/** What a terminal would act on, and not show. */
// deno-lint-ignore no-control-regex -- these are what it is about
const CONTROLS = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

const COUNT_FORMAT = new Intl.NumberFormat("en-US");

/** `text` with what a terminal would act on shown as a question mark. */
export function toPlain(text: string): string {
  return text.replace(CONTROLS, "?");
}

/** What takes a column for each character: most of what is drawn ten times a second. */
const ASCII = /^[ -~]*$/;

/** How many columns `text` takes on a terminal; colours take none. */
export function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/** `text` cut to `columns`, with an ellipsis where it was; it has no colours. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let line = "";
  let width = 1;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += widthOf(segment);
    if (width > columns) break;
    line += segment;
  }
  return columns < 1 ? "" : `${line}…`;
}

/** A count with its thousands apart: 1,234. */
export function formatCount(count: number): string {
  return count < 1000 ? String(count) : COUNT_FORMAT.format(count);
}

/** Items per second, in three digits or as many as there are. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 100 || perSecond === 0) return `${formatCount(Math.round(perSecond))}/s`;
  return `${perSecond.toFixed(perSecond >= 10 ? 1 : 2)}/s`;
}

/** A time as on a clock: 0:35, 1:02:03. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = `${seconds % 60}`.padStart(2, "0");
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${`${minutes}`.padStart(2, "0")}:${tail}`;
}

/** A duration in milliseconds with three digits: 0.12 ms, 34.5 ms, 1.20 s. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 100_000 ? 0 : 2)} s`;
  return `${ms.toFixed(ms >= 100 ? 0 : ms >= 10 ? 1 : 2)} ms`;
}
