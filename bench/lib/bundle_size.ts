/** What a program ships when it uses the library, and when it uses a peer. @module */

import { bundleProgram, countGzipBytes, PROGRAMS } from "../../tools/programs.ts";

/** Sizes in bytes. */
export interface BundleSize {
  readonly name: string;
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
  readonly maxGzipBytes?: number;
}

/** Of each peer, the functions that the rows from `sync-reduce` to `batch-flatten` use. */
export const PEERS: Readonly<Record<string, string>> = {
  "effect Stream": `import { Effect, Stream } from "effect";
export const { promise, runPromise } = Effect;
export const {
  filter, flattenIterable, fromIterable, grouped, map, mapEffect, runFold, toAsyncIterable,
} = Stream;`,
  "RxJS": `export {
  bufferCount, concatAll, concatMap, filter, from, lastValueFrom, map, reduce,
} from "rxjs";`,
  "streaming-iterables": `export {
  batch, filter, flatten, map, parallelMap, pipeline, reduce, transform,
} from "streaming-iterables";`,
  "p-map": `export { default, pMapIterable } from "p-map";`,
};

/** Bundles each program, minified, and measures it as it is and under gzip level 9. */
export async function measureBundleSizes(): Promise<BundleSize[]> {
  const ours = Object.entries(PROGRAMS).map(([name, { code, goalGzipBytes }]) =>
    measure(`Headrace, ${name}`, code, goalGzipBytes)
  );
  const peers = Object.entries(PEERS).map(([name, code]) => measure(name, code));
  return await Promise.all([...ours, ...peers]);
}

async function measure(name: string, code: string, maxGzipBytes?: number): Promise<BundleSize> {
  const bundle = await bundleProgram(code, "bench/deno.json");
  const minifiedBytes = new TextEncoder().encode(bundle).byteLength;
  return { name, minifiedBytes, gzipBytes: countGzipBytes(bundle), maxGzipBytes };
}
