/** The workloads that the memory runner knows. @module */

import { expectedOf, KEYED_FORMS } from "./keyed_forms.ts";
import type { Workload } from "./workload.ts";

const STREAMING_FORMS = ["streaming", "parallel"];

const OPEN_RUNS = 10_000;

const lines: Workload = {
  id: "lines",
  title: "lines of 1 kB through map, filter, batch(50) and flatten, into a count",
  module: "bench/memory/lines.ts",
  sizes: [10_000, 100_000, 1_000_000],
  forms: [
    { id: "arrays", name: "hand-written arrays" },
    { id: "batch", name: "batch Pipeline" },
    { id: "streaming", name: "streaming" },
    { id: "parallel", name: "streaming, parallel ordered" },
    { id: "loop", name: "hand-written loop" },
  ],
  // Of ten lines, the one whose number ends in 0 is left out.
  expected: (items) => items - Math.ceil(items / 10),
  targets: STREAMING_FORMS.flatMap((form) => [
    {
      text: `100,000 items: ${form} ≤ 1 % of the batch Pipeline`,
      of: { form, items: 100_000 },
      over: { form: "batch", items: 100_000 },
      atMost: 0.01,
    },
    {
      text: `${form}: 1,000,000 items ≤ 1.5 × 10,000 items`,
      of: { form, items: 1_000_000 },
      over: { form, items: 10_000 },
      atMost: 1.5,
    },
  ]),
  chart: "memory.svg",
};

const keys: Workload = {
  id: "keys",
  title: "numbers with 1 to 100,000 different keys, into a count",
  module: "bench/memory/keys.ts",
  sizes: [100_000, 1_000_000],
  forms: KEYED_FORMS,
  expected: expectedOf,
  targets: [],
  limits: false,
};

const runs: Workload = {
  id: "runs",
  title: "runs of three maps and a filter that stand open after their first item",
  module: "bench/memory/open_runs.ts",
  sizes: [1_000, OPEN_RUNS],
  unit: "open run",
  forms: [
    { id: "headrace", name: "Headrace" },
    { id: "generator", name: "hand-fused async generator" },
    { id: "generators", name: "chain of async generators" },
    { id: "effect", name: "effect Stream" },
    { id: "streamingIterables", name: "streaming-iterables" },
    { id: "transforms", name: "a TransformStream per stage" },
  ],
  // A run is an item.
  expected: (items) => items,
  targets: [{
    text: "an open run of four stages ≤ 2,000 bytes",
    of: { form: "headrace", items: OPEN_RUNS },
    atMost: 2_000,
  }],
  limits: false,
};

export const WORKLOADS: readonly Workload[] = [lines, keys, runs];
