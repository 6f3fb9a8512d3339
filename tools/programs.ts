// The programs whose size is held: what a bundler keeps of each entry, minified and with gzip.

import { gzipSync } from "node:zlib";
import { ROOT, runDeno, succeed } from "./process.ts";

export type ProgramName =
  | "the core"
  | "a typical program"
  | "the fluent pipeline"
  | "everything"
  | "the policies"
  | "the durable jobs";

/** A program that uses the library. */
export interface Program {
  readonly code: string;
  /** The most it may have in bytes, minified and with gzip. */
  readonly maxGzipBytes: number;
  /** What it should come down to. */
  readonly goalGzipBytes?: number;
}

export const PROGRAMS: Readonly<Record<ProgramName, Program>> = {
  "the core": {
    code: `export { StreamingPipeline } from "${ROOT}src/core/mod.ts";`,
    maxGzipBytes: 18_710,
    goalGzipBytes: 12_000,
  },
  "a typical program": {
    code: `
      import { StreamingPipeline } from "${ROOT}src/core/mod.ts";
      import { add, batch, flatten, map } from "${ROOT}src/operators/mod.ts";
      export default StreamingPipeline.start()
        .use("a", map((x) => x, { concurrencyLimit: 3, retry: 3, errorStrategy: "SPLIT_ERRORS" }))
        .use("b", add(async function* ({ input }) { yield* input; }))
        .use("c", batch(3)).use("d", flatten());`,
    maxGzipBytes: 35_300,
    goalGzipBytes: 20_000,
  },
  "the fluent pipeline": {
    code: `export { StreamingPipeline } from "${ROOT}mod.ts";`,
    maxGzipBytes: 55_120,
  },
  "everything": {
    code: `export * from "${ROOT}mod.ts";`,
    maxGzipBytes: 64_700,
    goalGzipBytes: 36_000,
  },
  "the policies": {
    code: `export * from "${ROOT}src/policies/mod.ts";`,
    maxGzipBytes: 12_000,
  },
  "the durable jobs": {
    code: `export * from "${ROOT}src/durable/mod.ts";`,
    maxGzipBytes: 34_700,
  },
};

/** The minified bundle of a program, for a browser. `config` maps what the program imports. */
export async function bundleProgram(code: string, config = "deno.json"): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-" });
  try {
    const [entry, output] = [`${folder}/main.ts`, `${folder}/main.js`];
    await Deno.writeTextFile(entry, code);
    const flags = ["--quiet", "--minify", "--platform", "browser", "--config", ROOT + config];
    const args = ["bundle", ...flags, "--output", output, entry];
    await succeed("Cannot bundle a program", runDeno(args));
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How many bytes `text` has with gzip, at its best. */
export function countGzipBytes(text: string): number {
  return gzipSync(text, { level: 9 }).byteLength;
}
