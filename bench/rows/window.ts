/** Windows of ten items that overlap by nine. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import { bufferCount, filter, from, lastValueFrom, reduce as reduceRx } from "rxjs";
import { effectSource, foldEffect } from "../baselines/effect_stream.ts";
import { HEADRACE, type Row } from "../lib/row.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, numbers } from "../lib/work.ts";

const SIZE = 10;
const GROUP = "executeReduce";
const EFFECT = "effect sliding";
const LOOP = "hand-written loop";

const headrace = StreamingPipeline.start<number>()
  .window("neighbours", { size: SIZE, slide: 1, partial: false });

/** The first and the last item of a window, and how many it has. */
function addWindow(hash: number, window: readonly number[]): number {
  return checksum(checksum(checksum(hash, window[0]!), window.at(-1)!), window.length);
}

export const windowRow: Row = {
  id: "window",
  title: `window({ size: ${SIZE}, slide: 1 })`,
  items: 300_000,
  denoBenchItems: 20_000,
  groups: [{
    name: GROUP,
    baseline: LOOP,
    expected: (items) => {
      const all = Array.from({ length: items }, (_, index) => index);
      return all.slice(SIZE - 1)
        .reduce((hash, last) => addWindow(hash, all.slice(last - SIZE + 1, last + 1)), 0);
    },
    contenders: [
      {
        name: LOOP,
        kind: "by hand",
        run: (items) => {
          let hash = 0;
          let window: number[] = [];
          for (const item of numbers(items)) {
            window = window.length === SIZE ? window.slice(1) : window;
            if (window.push(item) === SIZE) hash = addWindow(hash, window);
          }
          return hash;
        },
      },
      {
        name: HEADRACE,
        kind: "ours",
        run: (items) => headrace.executeReduce(numbers(items), addWindow, 0),
      },
      {
        name: EFFECT,
        run: (items) =>
          foldEffect(effectSource(numbers(items)).pipe(Stream.sliding(SIZE)), addWindow, 0),
      },
      {
        // At the end it emits what is left of every window that has begun.
        name: "RxJS bufferCount",
        run: (items) =>
          lastValueFrom(
            from(numbers(items)).pipe(
              bufferCount(SIZE, 1),
              filter((window) => window.length === SIZE),
              reduceRx(addWindow, 0),
            ),
          ),
      },
    ],
  }],
  targets: [limitCost({ group: GROUP, over: EFFECT, atMost: 0.9 })],
};
