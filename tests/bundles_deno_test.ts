// What a bundler keeps of each entry: only what a program names, within a size.

import { assert, assertEquals } from "@std/assert";
import { test } from "./harness.ts";

const ROOT = new URL("..", import.meta.url);

interface Program {
  readonly code: string;
  /** The most it may have, minified and with gzip. */
  readonly maxGzipBytes: number;
  /** Words of error messages, each of a part that the program does not name. */
  readonly without: readonly string[];
}

/** Each word stands in one part of the library alone, and survives minification. */
const WORDS = {
  parallel: "needs concurrencyLimit or",
  retry: "maxAttempts",
  split: "ERROR_CHANNEL_FULL",
  groups: "TOO_MANY_KEYS",
  windows: "TOO_MANY_WINDOWS",
  joins: "leftKey",
  batch: "LIST_PROCESSING_ERRORS",
  branches: "BRANCH_FULL",
} as const;

const PROGRAMS: Readonly<Record<string, Program>> = {
  "the core": {
    code: `export { StreamingPipeline } from "${ROOT}src/core/mod.ts";`,
    maxGzipBytes: 16_500,
    without: ["parallel", "groups", "windows", "joins", "batch", "branches", "retry"].map(wordOf),
  },
  "a typical program": {
    code: `
      import { StreamingPipeline } from "${ROOT}src/core/mod.ts";
      import { add, batch, flatten, map } from "${ROOT}src/operators/mod.ts";
      export default StreamingPipeline.start()
        .use("a", map((x) => x, { concurrencyLimit: 3, retry: 3, errorStrategy: "SPLIT_ERRORS" }))
        .use("b", add(async function* ({ input }) { yield* input; }))
        .use("c", batch(3)).use("d", flatten());`,
    maxGzipBytes: 28_500,
    without: ["groups", "windows", "joins", "batch", "branches"].map(wordOf),
  },
  "the fluent pipeline": {
    code: `export { StreamingPipeline } from "${ROOT}mod.ts";`,
    maxGzipBytes: 47_500,
    without: [wordOf("batch")],
  },
  "everything": { code: `export * from "${ROOT}mod.ts";`, maxGzipBytes: 54_000, without: [] },
};

for (const [name, { code, maxGzipBytes, without }] of Object.entries(PROGRAMS)) {
  test(`a bundle of ${name} holds what it names, within its size`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const bundle = await build(folder, code);

      assertEquals(without.filter((word) => bundle.includes(word)), []);
      const bytes = await gzipBytes(bundle);
      assert(bytes <= maxGzipBytes, `${bytes} bytes, and ${maxGzipBytes} are the most`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

test("each word that a bundle must not have stands in the bundle of everything", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const bundle = await build(folder, PROGRAMS.everything!.code);

    assertEquals(Object.values(WORDS).filter((word) => !bundle.includes(word)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function wordOf(part: string): string {
  return WORDS[part as keyof typeof WORDS];
}

async function build(folder: string, code: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/main.ts`, code);
  const { code: exit, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--minify", "--platform", "browser"].concat([
      "--config",
      new URL("deno.json", ROOT).pathname,
      "--output",
      `${folder}/main.js`,
      `${folder}/main.ts`,
    ]),
    stdout: "null",
  }).output();
  assertEquals(exit, 0, new TextDecoder().decode(stderr));
  return await Deno.readTextFile(`${folder}/main.js`);
}

async function gzipBytes(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
