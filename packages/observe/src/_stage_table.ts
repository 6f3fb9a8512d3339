// The stages of a run as a table that fits: columns in the order of their worth, as many as there is room
// for.

import type { StageFigures } from "./figures.ts";
import { cut, formatCount, formatMs, toPlain, widthOf } from "./_text.ts";

/** A column of the table. */
interface Column {
  readonly title: string;
  readonly isText?: boolean;
  cell(stage: StageFigures): string;
}

const GAP = 2;
const MAX_KEY_WIDTH = 24;
const MIN_KEY_WIDTH = 6;

const IN: Column = {
  title: "in",
  cell: ({ inputCount, totalCount }) =>
    totalCount === undefined
      ? formatCount(inputCount)
      : `${formatCount(inputCount)}/${formatCount(totalCount)}`,
};
const OUT = count("out", ({ outputCount }) => outputCount);
const BUSY = count("busy", ({ inFlightCount, waitingCount }) => inFlightCount - waitingCount);
const WAIT = count("wait", ({ waitingCount }) => waitingCount);
const DROP = count("drop", ({ droppedCount }) => droppedCount);
const FAIL = count("fail", ({ errorCount }) => errorCount);
const RETRY = count("retry", ({ retryCount }) => retryCount);
const LOST = count("lost", ({ abandonedCount }) => abandonedCount);
const STATE: Column = { title: "", isText: true, cell: stateOf };
const P50: Column = {
  title: "p50",
  cell: ({ timing: { p50DurationMs } }) =>
    p50DurationMs === undefined ? "–" : formatMs(p50DurationMs),
};
const P95: Column = {
  title: "p95",
  cell: ({ timing: { p95DurationMs } }) =>
    p95DurationMs === undefined ? "–" : formatMs(p95DurationMs),
};

/** While the run lives: in this order, and of this worth. */
const LIVE: readonly Column[] = [IN, OUT, BUSY, WAIT, DROP, FAIL, RETRY, STATE];
const LIVE_WORTH: readonly Column[] = [OUT, FAIL, IN, STATE, BUSY, WAIT, RETRY, DROP];
const FINAL: readonly Column[] = [IN, OUT, DROP, FAIL, LOST, RETRY, P50, P95];
const FINAL_WORTH: readonly Column[] = [OUT, FAIL, IN, P50, DROP, P95, RETRY, LOST];

/** A table that has no room for all stages. */
export interface LiveTable {
  /** A title, a line for each of `shown`, and how many more there are. */
  readonly lines: readonly string[];
  readonly shown: readonly StageFigures[];
}

/** The table of a run that goes on, of at most `rows` rows. */
export function liveTable(
  stages: readonly StageFigures[],
  columns: number,
  rows: number,
): LiveTable {
  if (rows < 1) return { lines: [], shown: [] };
  const shown = choose(stages, rows - 1);
  const more = stages.length - shown.length;
  const table = toTable(shown, LIVE, LIVE_WORTH, columns);
  const lines = more === 0 ? table : [...table, cut(`… ${more} more stages`, columns)];
  return { lines, shown };
}

/** The table of a run that is over. */
export function finalTable(stages: readonly StageFigures[], columns: number): string[] {
  return toTable(stages, FINAL, FINAL_WORTH, columns);
}

/** What a stage does at this moment. */
export function stateOf(
  { stalledOn, inFlightCount, inputCount, executionMode }: StageFigures,
): string {
  if (stalledOn === "upstream" && inputCount === 0) return "";
  if (stalledOn !== undefined) return stalledOn === "upstream" ? "no input" : "held back";
  return inFlightCount > 0 || executionMode !== "batch" && inputCount > 0 ? "working" : "";
}

function count(title: string, read: (stage: StageFigures) => number): Column {
  return { title, cell: (stage) => formatCount(read(stage)) };
}

/** Where there are too many stages, those that work, then those that fail, then those that hold most. */
function choose(stages: readonly StageFigures[], rows: number): readonly StageFigures[] {
  if (stages.length <= rows) return stages;
  const worths = ({ inFlightCount, waitingCount, errorCount }: StageFigures) => [
    Number(inFlightCount > waitingCount),
    Number(errorCount > 0),
    inFlightCount,
  ];
  const best = stages.toSorted((left, right) => {
    const rights = worths(right);
    return worths(left).map((worth, index) => rights[index]! - worth).find((by) => by !== 0) ?? 0;
  });
  const chosen = new Set(best.slice(0, Math.max(0, rows - 1)));
  return stages.filter((stage) => chosen.has(stage));
}

function toTable(
  stages: readonly StageFigures[],
  inOrder: readonly Column[],
  byWorth: readonly Column[],
  width: number,
): string[] {
  if (stages.length === 0) return [];
  const widths = new Map(inOrder.map((column) => [
    column,
    Math.max(widthOf(column.title), ...stages.map((stage) => widthOf(column.cell(stage)))),
  ]));
  const keys = stages.map(({ key }) => toPlain(key));
  const longest = Math.min(MAX_KEY_WIDTH, Math.max(5, ...keys.map(widthOf)));
  let room = width - Math.min(longest, Math.max(MIN_KEY_WIDTH, width >> 1));
  const fitting = new Set<Column>();
  for (const column of byWorth) {
    const needed = widths.get(column)! + GAP;
    if (widths.get(column) === 0 || needed > room) continue;
    fitting.add(column);
    room -= needed;
  }
  const shown = inOrder.filter((column) => fitting.has(column));
  const taken = shown.reduce((sum, column) => sum + widths.get(column)! + GAP, 0);
  const keyWidth = Math.max(1, Math.min(longest, width - taken));
  const line = (key: string, cells: readonly string[]) => {
    const padded = cells.map((cell, index) => {
      const gap = " ".repeat(widths.get(shown[index]!)! - widthOf(cell));
      return " ".repeat(GAP) + (shown[index]!.isText ? cell + gap : gap + cell);
    });
    const name = cut(key, keyWidth);
    return (name + " ".repeat(keyWidth - widthOf(name)) + padded.join("")).trimEnd();
  };
  return [
    line("stage", shown.map(({ title }) => title)),
    ...stages.map((stage, index) => line(keys[index]!, shown.map((column) => column.cell(stage)))),
  ];
}
