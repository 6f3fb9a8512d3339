/** What a program ships when it uses the library, and when it uses a peer. @module */

import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.ts";

/** Sizes in bytes. */
export interface BundleSize {
  readonly name: string;
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
  readonly maxGzipBytes?: number;
}

interface Program {
  readonly name: string;
  readonly code: string;
  readonly maxGzipBytes?: number;
}

/** Of each peer, the functions that the rows from `sync-reduce` to `batch-flatten` use. */
const PROGRAMS: readonly Program[] = [
  {
    name: "Headrace, StreamingPipeline only",
    code: `export { StreamingPipeline } from "@headrace/pipeline";`,
    maxGzipBytes: 12_000,
  },
  {
    name: "Headrace, all of mod.ts",
    code: `export * from "@headrace/pipeline";`,
    maxGzipBytes: 20_000,
  },
  {
    name: "effect Stream",
    code: `import { Effect, Stream } from "effect";
export const { promise, runPromise } = Effect;
export const {
  filter, flattenIterable, fromIterable, grouped, map, mapEffect, runFold, toAsyncIterable,
} = Stream;`,
  },
  {
    name: "RxJS",
    code: `export {
  bufferCount, concatAll, concatMap, filter, from, lastValueFrom, map, reduce,
} from "rxjs";`,
  },
  {
    name: "streaming-iterables",
    code: `export {
  batch, filter, flatten, map, parallelMap, pipeline, reduce,
} from "streaming-iterables";`,
  },
  { name: "p-map", code: `export { default, pMapIterable } from "p-map";` },
];

/** Bundles each program, minified, and measures it as it is and under gzip level 9. */
export async function measureBundleSizes(): Promise<BundleSize[]> {
  const sizes: BundleSize[] = [];
  for (const [index, { name, code, maxGzipBytes }] of PROGRAMS.entries()) {
    const file = await bundle(`size_${index}`, code, ["--minify", "--platform", "browser"]);
    const minified = await Deno.readFile(file);
    const gzipBytes = gzipSync(minified, { level: 9 }).byteLength;
    sizes.push({ name, minifiedBytes: minified.byteLength, gzipBytes, maxGzipBytes });
  }
  return sizes;
}
