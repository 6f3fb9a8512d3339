// A module as programs write them, for workers that are sent its address and for one that serves it.

import type { WorkerContext } from "../../src/worker_context.ts";

/** An item. */
export interface Box {
  readonly width: number;
  readonly height: number;
}

/** The area of a box. */
export function area({ width, height }: Box): number {
  return width * height;
}

/** Twice the box, later. */
export async function twice({ width, height }: Box, index: number): Promise<Box & { at: number }> {
  return await { width: width * 2, height: height * 2, at: index };
}

/** Needs nothing but an item and what a worker has. */
export default function describe(box: Box, _index: number, { signal }: WorkerContext): string {
  return `${box.width} x ${box.height}${signal.aborted ? "!" : ""}`;
}

/** Nothing that runs. */
export const unit = "cm";

/** Asks for what stays where the run is. */
export function stateful(
  box: Box,
  _index: number,
  { state }: { state: { accumulated: { unit: string } } },
): string {
  return box.width + state.accumulated.unit;
}
