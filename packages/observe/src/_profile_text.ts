// A profile as lines of text.

import type { RunProfile } from "./run_profile.ts";
import { cut, formatClock, formatCount, formatMs, toPlain, widthOf } from "./_text.ts";

const MAX_KEY_WIDTH = 30;

/** A table of the stages, and the hints below it. */
export function profileLines(
  { status, durationMs, stages, hints }: Omit<RunProfile, "text" | "svg">,
): string[] {
  const work = stages.reduce((sum, { ownMs }) => sum + ownMs, 0);
  const rows = [
    ["stage", "calls", "own time", "of all", "working", "no input", "held back", "in flight"],
    ...stages.map((stage) => [
      cut(toPlain(stage.key), MAX_KEY_WIDTH),
      formatCount(stage.callCount),
      stage.sampledCount === 0 ? "–" : formatMs(stage.ownMs),
      work === 0 ? "–" : percent(stage.ownMs / work),
      ...[stage.workingShare, stage.noInputShare, stage.heldBackShare].map(percent),
      stage.meanInFlight.toFixed(1),
    ]),
  ];
  const widths = rows[0]!.map((_cell, column) =>
    Math.max(...rows.map((row) => widthOf(row[column]!)))
  );
  const lines = rows.map((row) =>
    row.map((cell, column) => {
      const gap = " ".repeat(widths[column]! - widthOf(cell));
      return column === 0 ? cell + gap : gap + cell;
    }).join("  ").trimEnd()
  );
  return [
    `${status} in ${formatClock(durationMs)}, ${formatMs(work)} of work`,
    ...lines,
    ...hints.map(({ text }) => `- ${toPlain(text)}`),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
