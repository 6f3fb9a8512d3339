// Modules and workers that are files, as programs have them: on Deno, and a worker's own file on Node.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { test } from "../../../tests/harness.ts";
import { inWorkers } from "../mod.ts";

const BOXES = [{ width: 1, height: 2 }, { width: 3, height: 4 }];
const MODULE = new URL("./support/shapes.ts", import.meta.url);
const SERVING = new URL("./support/serving_worker.ts", import.meta.url);

type Shapes = typeof import("./support/shapes.ts");

test("a module of TypeScript runs in workers, by its address", async () => {
  const pipeline = StreamingPipeline.start<{ width: number; height: number }>()
    .use("twice", inWorkers<Shapes, "twice">(MODULE, { export: "twice", workers: 2 }))
    .use("text", inWorkers<Shapes, "default">(MODULE));

  assertEquals(await pipeline.executeToArray(BOXES), ["2 x 4", "6 x 8"]);
});

test("a worker's own file serves functions, whatever else its program sends to it", async () => {
  const create = () => {
    const worker = new Worker(SERVING, { type: "module" });
    for (const message of [null, "a text", { type: "run" }]) worker.postMessage(message);
    return worker;
  };
  const pipeline = StreamingPipeline.start<{ width: number; height: number }>()
    .use("area", inWorkers<Shapes, "area">(create, { export: "area", workers: 2 }));

  assertEquals(await pipeline.executeToArray(BOXES), [2, 12]);
});

test("a worker's own file serves functions on Node, which ends where a pool has no work", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-" });
  try {
    const [library, worker] = [`${folder}/library.mjs`, `${folder}/worker.mjs`];
    await bundle(new URL("../mod.ts", import.meta.url), library);
    await bundle(SERVING, worker);
    const main = decodeURIComponent(
      new URL("./support/serving_main.mjs", import.meta.url).pathname,
    );

    assertEquals(await run("node", [main, `file://${library}`, `file://${worker}`]), "2,4,6\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function bundle(entry: URL, output: string): Promise<void> {
  const flags = ["--quiet", "--platform", "browser", "--output", output];
  await run(Deno.execPath(), ["bundle", ...flags, decodeURIComponent(entry.pathname)]);
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (code !== 0) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
