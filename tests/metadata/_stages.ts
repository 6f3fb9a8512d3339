// What the tests of metadata share.

import { StreamingPipeline } from "../../mod.ts";

/** A pipeline of numbers without stages. */
export function start(): StreamingPipeline<number, number, Record<never, never>> {
  return StreamingPipeline.start<number>();
}

/** The item itself. */
export function same(item: number): number {
  return item;
}

/** A function that fails on one item. */
export function failOn(bad: number): (item: number) => number {
  return (item) => {
    if (item === bad) throw new Error(`${bad}`);
    return item;
  };
}
