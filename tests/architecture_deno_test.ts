// Holds the table of layers and the house rules over every module there is, and shows with small
// made-up modules that each rule can be broken.

import { assertEquals } from "@std/assert";
import { type Module, readModule } from "./architecture/modules.ts";
import { checkPackages, type Manifest } from "./architecture/packages.ts";
import {
  checkBareImports,
  checkCircles,
  checkLayers,
  checkLength,
  checkNames,
} from "./architecture/rules.ts";
import { test } from "./harness.ts";

const ROOT = new URL("../", import.meta.url);
const SKIPPED = new Set(["node_modules", ".build", ".git", "coverage"]);

const repository: Module[] = [];
for await (const path of walk("")) {
  repository.push(readModule(path, await Deno.readTextFile(new URL(path, ROOT))));
}
const manifests = new Map<string, Manifest>();
for (const folder of ["", ...listPackages()]) {
  manifests.set(folder, JSON.parse(Deno.readTextFileSync(new URL(`${folder}deno.json`, ROOT))));
}
const layered = repository.filter(({ path }) =>
  /^(mod\.ts$|src\/|examples\/|bench\/|tools\/)/.test(path)
);

test("modules import only from the layers below them", () => {
  assertEquals(checkLayers(layered), []);
});

test("the core imports nothing from outside the repository", () => {
  assertEquals(checkBareImports(layered), []);
});

test("packages import the core by name, and what their deno.json names", () => {
  assertEquals(checkPackages(repository, manifests), []);
});

test("platform, clock, randomness and console are named only where they are at home", () => {
  assertEquals(checkNames(repository), []);
});

test("no modules of the library import each other in a circle", () => {
  assertEquals(checkCircles(repository), []);
});

test("no module is longer than a reader can hold", () => {
  assertEquals(checkLength(repository), []);
});

test("the layer check names the file, what it imports and the rule", () => {
  const modules = [
    readModule("src/core/run.ts", `import { map } from "../operators/map.ts";`),
    readModule("src/operators/map.ts", `export type { Run } from "../core/run.ts";`),
    readModule("src/operators/tap.ts", `import type { Stage } from "../core/stage.ts";`),
    readModule("src/base/types.ts", `export type Ring = import("../internal/ring.ts").Ring;`),
    readModule("src/internal/ring.ts", `const late = await import("../../mod.ts");`),
    readModule("examples/demo/main.ts", `export * from "../../src/base/types.ts";`),
    readModule("src/helpers.ts", ""),
  ];

  assertEquals(checkLayers(modules), [
    "src/core/run.ts imports src/operators/map.ts, which the layer core may not",
    "src/operators/map.ts imports src/core/run.ts, which the layer operators may not",
    "src/base/types.ts imports src/internal/ring.ts, which the layer base may not",
    "src/internal/ring.ts imports mod.ts, which the layer internal may not",
    "examples/demo/main.ts imports src/base/types.ts, which the layer examples may not",
    "src/helpers.ts stands in no layer: add it to a folder that has one",
  ]);
});

test("the check of bare imports leaves integrations alone", () => {
  const source = `import { readFile } from "node:fs";`;
  const modules = [
    readModule("src/internal/files.ts", source),
    readModule("src/integrations/files.ts", source),
  ];

  assertEquals(checkBareImports(modules), [
    `src/internal/files.ts imports "node:fs": the core has no dependencies`,
  ]);
});

test("the check of packages names the file, what it imports and the rule", () => {
  const known = new Map<string, Manifest>([
    ["", {
      name: "@headrace/pipeline",
      exports: { ".": "./mod.ts", "./core": "./src/core/mod.ts" },
      imports: { "fast-check": "npm:fast-check@4" },
    }],
    ["packages/http/", { name: "@headrace/http", exports: { ".": "./mod.ts" } }],
    ["packages/formats/", {
      name: "@headrace/formats",
      exports: { ".": "./mod.ts" },
      imports: { "csv-parse": "npm:csv-parse@7" },
    }],
  ]);
  const fine = [
    readModule("packages/formats/src/csv.ts", `import "csv-parse/lib"; import "./lines.ts";`),
    readModule("packages/http/mod.ts", `import "@headrace/pipeline/core"; import "node:net";`),
    readModule("packages/http/src/pages.ts", `export * from "@headrace/formats";`),
    readModule("packages/http/tests/a_test.ts", `import "../../../tests/harness.ts";`),
    readModule("packages/http/tests/b_test.ts", `import "fast-check"; import "../mod.ts";`),
  ];
  const wrong = [
    readModule("packages/http/src/a.ts", `import "../../formats/mod.ts";`),
    readModule("packages/http/src/b.ts", `import type { A } from "../../../mod.ts";`),
    readModule("packages/http/src/c.ts", `import "csv-parse";`),
    readModule("packages/http/src/d.ts", `import "fast-check"; import "npm:ky@1";`),
    readModule("packages/http/src/e.ts", `import "@headrace/pipeline/src/core/run.ts";`),
    readModule("packages/http/src/f.ts", `import "../../../tests/harness.ts";`),
    readModule("packages/ftp/mod.ts", ""),
  ];

  assertEquals(checkPackages(fine, known), []);
  assertEquals(checkPackages(wrong, known), [
    "packages/http/src/a.ts imports packages/formats/mod.ts: a package reaches others by name only",
    "packages/http/src/b.ts imports mod.ts: a package reaches others by name only",
    `packages/http/src/c.ts imports "csv-parse", which packages/http/deno.json does not name`,
    `packages/http/src/d.ts imports "fast-check", which packages/http/deno.json does not name`,
    `packages/http/src/d.ts imports "npm:ky@1", which packages/http/deno.json does not name`,
    `packages/http/src/e.ts imports "@headrace/pipeline/src/core/run.ts", which ` +
    "packages/http/deno.json does not name",
    "packages/http/src/f.ts imports tests/harness.ts: a package reaches others by name only",
    "packages/ftp/mod.ts stands in no package: packages/ftp/ has no deno.json",
  ]);
});

test("the check of names sees uses and not words that look like them", () => {
  const path = "src/core/run.ts";
  const fine = `
    // Deno and console.log in a comment
    const text = "process.exit()";
    const own = { process: 1, console() {} };
    const [first, ...rest] = [...own.list];
    const used = [own.process, own.console(), new Date(0), Date.parse(text), \`setTimeout\`];
  `;
  const wrong = `
    globalThis.setTimeout(() => console.log(Deno.pid), 1);
    const { now } = { now: new Date() };
    const timer: ReturnType<typeof setInterval> = now;
    const run = { ...timer, now };
    const pick = Math.random() > 0.5 ? new Function("return 1") : crypto;
  `;

  assertEquals(checkNames([readModule(path, fine)]), []);
  assertEquals(checkNames([readModule(path, wrong)]), [
    "src/core/run.ts uses Deno: only src/integrations/ may name a platform",
    "src/core/run.ts uses setTimeout: time comes from src/internal/clock.ts",
    "src/core/run.ts uses setInterval: time comes from src/internal/clock.ts",
    "src/core/run.ts uses new Date(): time comes from src/internal/clock.ts",
    "src/core/run.ts uses Math.random: randomness comes from src/internal/random.ts",
    "src/core/run.ts uses crypto: randomness comes from src/internal/random.ts",
    "src/core/run.ts uses console: the library never prints",
    "src/core/run.ts uses {...}: what is made for each run is written out, property by property",
    "src/core/run.ts uses Function: edge workers forbid code made from text",
  ]);
  const imports = `const late = [import("node:fs"), import(name)];`;
  assertEquals(checkNames([readModule("packages/sqlite/mod.ts", imports)]), [
    "packages/sqlite/mod.ts uses import(…): webpack leaves out what is imported by a variable: " +
    "ask process.getBuiltinModule",
  ]);
  assertEquals(checkNames([readModule("src/internal/clock.ts", "setTimeout(run, 1);")]), []);
  assertEquals(checkNames([readModule("packages/http/src/a.ts", "console.log(Deno.pid);")]), [
    "packages/http/src/a.ts uses console: the library never prints",
  ]);
});

test("the check of circles follows types as well", () => {
  const circle = (folder: string, kind: string) => [
    readModule(`${folder}/types.ts`, `${kind} { A } from "./options.ts";`),
    readModule(`${folder}/options.ts`, `${kind} { B } from "./types.ts";`),
  ];

  assertEquals(checkCircles(circle("src/base", "import type")), [
    "src/base/types.ts → src/base/options.ts → src/base/types.ts: a circle",
  ]);
  assertEquals(checkCircles(circle("src/core", "export")), [
    "src/core/types.ts → src/core/options.ts → src/core/types.ts: a circle",
  ]);
});

test("the check of length counts code and not comments", () => {
  const long = (line: string) => readModule("src/base/types.ts", `${line}\n`.repeat(301));

  assertEquals(checkLength([long("// why")]), []);
  assertEquals(checkLength([long("run();")]), [
    "src/base/types.ts has 301 lines of code: 300 is the most",
  ]);
});

function listPackages(): string[] {
  return [...Deno.readDirSync(new URL("packages", ROOT))].map(({ name }) => `packages/${name}/`);
}

async function* walk(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder || ".", ROOT))) {
    const path = folder + entry.name;
    if (entry.isDirectory && !SKIPPED.has(entry.name)) yield* walk(`${path}/`);
    else if (entry.isFile && path.endsWith(".ts")) yield path;
  }
}
