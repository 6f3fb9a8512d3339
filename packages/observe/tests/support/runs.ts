// Runs that a test drives, and what their progress is written to.

import { progress, type ProgressOptions, type TextOutput } from "@headrace/observe";
import { type ObservedRun, StreamingPipeline } from "@headrace/pipeline";
import { settle } from "@headrace/pipeline/testing";

/** Numbers in, numbers out. */
export type Numbers = StreamingPipeline<number, number, unknown>;

/** Twelve stages, of which the last takes an item when `next` is called. */
export function twelve(): { pipeline: Numbers; next(): Promise<void> } {
  const waiting: (() => void)[] = [];
  let pipeline = StreamingPipeline.start<number>() as Numbers;
  for (let stage = 1; stage < 12; stage++) {
    pipeline = pipeline.map(`stage ${stage}`, (item) => item) as Numbers;
  }
  return {
    pipeline: pipeline.map("slow", async (item) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return item;
    }) as Numbers,
    async next() {
      await settle();
      waiting.shift()!();
      await settle();
    },
  };
}

/** An output that is no terminal. */
export function lines(): TextOutput & { text: string } {
  return {
    text: "",
    write(text) {
      this.text += text;
    },
  };
}

/** The integers from 0, so many. */
export const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** The methods of a display, apart from it. */
export function progressOf(run: ObservedRun, options: ProgressOptions): { line(): string } {
  const shown = progress(run, options);
  return { line: () => shown.line() };
}
