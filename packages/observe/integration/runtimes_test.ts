// The tests of traces and metrics on the runtimes beside Deno. Each finds the packages of OpenTelemetry in
// `node_modules` by itself, so that the API is one module for the library and for the SDK.

import { equal, ok } from "node:assert/strict";
import { transform } from "esbuild";
import { ROOT, runDeno } from "../../../tools/process.ts";
import { runSuite, RUNTIMES } from "../../../tools/runtimes.ts";

const NAMES = ["bun", "node 20", "node 24"];
const FOLDER = `${ROOT}packages/observe/integration/`;
/** Ignored by git. */
const BUILD = `${ROOT}.build/observe-integration/`;
const RUNNER = `${ROOT}tests/runtimes/main.ts`;
const SDK = "@opentelemetry/";
const CONFIG = `${FOLDER}deno.json`;

// It runs in a process of its own, which the first test would take for one of its own.
await transform("");

let bundled: Promise<void> | undefined;

for (const runtime of RUNTIMES.filter(({ name }) => NAMES.includes(name))) {
  Deno.test(`traces and metrics of the SDK are the same on ${runtime.name}`, async () => {
    await (bundled ??= bundle());
    const { passed, failed, details } = await runSuite(runtime, BUILD);
    equal(details, "");
    equal(failed, 0);
    ok(passed > 10, `${passed} tests`);
  });
}

async function listTests(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (/^open_telemetry.*_test\.ts$/.test(name)) names.push(FOLDER + name);
  }
  return names.sort();
}

/** Writes the tests as one module, with what they import from OpenTelemetry installed beside it. */
async function bundle(): Promise<void> {
  await Deno.mkdir(BUILD, { recursive: true });
  const { imports }: { imports: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(CONFIG),
  );
  const packages = Object.entries(imports).filter(([name]) => name.startsWith(SDK));
  const config = { workspace: [], nodeModulesDir: "auto", imports: Object.fromEntries(packages) };
  await Deno.writeTextFile(`${BUILD}deno.json`, JSON.stringify(config));
  await succeed(["install", "--quiet"]);

  const entry = [...await listTests(), RUNNER].map((file) => `import ${JSON.stringify(file)};\n`);
  await Deno.writeTextFile(`${BUILD}entry.ts`, entry.join(""));
  const flags = ["--quiet", "--platform", "deno", "--external", `${SDK}*`, "--config", CONFIG];
  await succeed(["bundle", ...flags, "--output", "bundled.js", "entry.ts"]);
  // Node 20 does not know `using` yet.
  const code = await Deno.readTextFile(`${BUILD}bundled.js`);
  const lowered = await transform(code, { target: "es2022", format: "esm" });
  await Deno.writeTextFile(`${BUILD}suite.mjs`, lowered.code);
}

async function succeed(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runDeno(args, { cwd: BUILD });
  equal(code, 0, stderr);
}
