// Holds that the reference, which is made from the code, says something of everything public, and
// shows with a small made-up module that each rule can be broken.

import { assertEquals } from "@std/assert";
import { test } from "./harness.ts";
import { type PublicEntry, readPublicApi } from "./reference/public_api.ts";
import { checkAlike, checkNamed, checkPages, checkReference } from "./reference/rules.ts";

const ROOT = new URL("../", import.meta.url);

/** It starts processes that read everything: on a machine that is busy that takes long. */
const SLOW = { hangAfterMs: 120_000 };

const COMPLETE = `/**
 * A module.
 *
 * @module
 */

/**
 * A mill.
 *
 * @category Mills
 *
 * @example A mill
 * \`\`\`ts
 * new Mill();
 * \`\`\`
 */
export class Mill {
  /** What turns it. */
  readonly wheel: string = "water";
  /** Turns it by hand. */
  turn(by: "hand"): void;
  /** Turns it by anything. */
  turn(by: string): void;
  /**
   * Turns it.
   *
   * @category Work
   */
  turn(_by: string): void {}
  private stop(): void {}
}

/**
 * What a mill grinds.
 *
 * @category Mills
 */
export type Grain = string;
`;

const INCOMPLETE = `
/** A mill. */
export class Mill {
  readonly wheel: string = "water";
  /** Turns it by hand. */
  turn(by: "hand"): void;
  turn(_by: string): void {}
  /**
   * Opens it.
   *
   * @category Work
   * @internal
   */
  open(): void {}
}

export interface Grain {
  weight: number;
}

/**
 * Builds one.
 *
 * @category Mills
 */
export function build(): Mill {
  return new Mill();
}
`;

interface Reference {
  readonly entries: PublicEntry[];
  readonly complaints: string[];
}

test("the reference has a text, a family and an example of everything public", async () => {
  const { entries, complaints } = await checkEverything();

  assertEquals(entries.filter(({ names }) => names.length === 0), []);
  assertEquals(complaints, []);
}, SLOW);

test("the guide to everything names each function and each method", async () => {
  const entries = await readCore();
  const guides = ["docs/reference.md", "docs/policies.md"]
    .map((path) => Deno.readTextFileSync(new URL(path, ROOT)));

  assertEquals(checkNamed(entries, guides.join("\n")), []);
  assertEquals(
    checkNamed(entries, "`map` and `take`").includes("mod.ts: merge is not named"),
    true,
  );
}, SLOW);

test("the guide to errors names each class of errors", async () => {
  const guide = Deno.readTextFileSync(new URL("docs/errors.md", ROOT));
  const { entries } = await checkEverything();
  const errors = entries.flatMap(({ names }) => names)
    .filter(({ kind, name }) => kind === "class" && /(Error|Failure)$/.test(name));

  assertEquals(errors.length > 15, true);
  assertEquals(errors.filter(({ name }) => !guide.includes(`\`${name}\``)), []);
}, SLOW);

test("a guide, or the README of its package, names each option", async () => {
  const { entries } = await checkEverything();
  const guides = [...Deno.readDirSync(new URL("docs/", ROOT))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => Deno.readTextFileSync(new URL(`docs/${name}`, ROOT)));
  const unnamed = entries.flatMap(({ path, names }) => {
    const [, folder] = /^(packages\/[^/]+\/)/.exec(path) ?? [];
    const readme = folder === undefined
      ? ""
      : Deno.readTextFileSync(new URL(`${folder}README.md`, ROOT));
    const code = [...guides, readme].join("\n").match(/^```.*?^```|`[^`]+`/gms)!.join("\n");
    return names.filter(({ name }) => name.endsWith("Options"))
      .flatMap(({ members }) => members)
      .filter(({ name }) => !new RegExp(`\\b${name.split(".").at(-1)}\\b`).test(code))
      .map(({ name }) => `${path}: ${name}`);
  });

  assertEquals(unnamed, []);
}, SLOW);

test("the guides to state and to durable jobs have each operator in a table", async () => {
  const entries = await readCore();
  const operators = entries.find(({ path }) => path === "src/operators/mod.ts")!;
  const names = operators.names.filter(({ kind, name }) => kind === "function" && name !== "pipe");
  for (const path of ["docs/state.md", "docs/durability.md"]) {
    const rows = Deno.readTextFileSync(new URL(path, ROOT)).split("\n")
      .filter((line) => line.startsWith("|")).join("\n");

    assertEquals(names.filter(({ name }) => !rows.includes(`\`${name}\``)), []);
  }
}, SLOW);

test("each method of a pipeline says what its operator says", async () => {
  const entries = await readCore();
  const operators = entries.find(({ path }) => path === "src/operators/mod.ts")!;
  const pipeline = entries.find(({ path }) => path === "mod.ts")!
    .names.find(({ name }) => name === "StreamingPipeline")!;

  assertEquals(checkAlike(operators, pipeline), []);
  const others = operators.names.map((each) => ({ ...each, texts: ["Another text."] }));
  const complaints = checkAlike({ ...operators, names: others }, pipeline);
  assertEquals(
    complaints.includes("StreamingPipeline.batch says something else than its operator"),
    true,
  );
});

/** What all entries make public, those of the packages as well. */
function checkEverything(): Promise<Reference> {
  const packages = [...Deno.readDirSync(new URL("packages", ROOT))];
  const folders = ["", ...packages.map(({ name }) => `packages/${name}/`)];
  const paths = folders.flatMap((folder) => {
    const manifest = Deno.readTextFileSync(new URL(`${folder}deno.json`, ROOT));
    const { exports } = JSON.parse(manifest) as { exports: Record<string, string> };
    return Object.values(exports).map((path) => path.replace("./", folder));
  });
  return everything ??= checkAll(decodeURIComponent(ROOT.pathname), paths);
}

let everything: Promise<Reference> | undefined;

/** What the core makes public. */
function readCore(): Promise<PublicEntry[]> {
  const { exports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT))) as {
    exports: Record<string, string>;
  };
  const paths = Object.values(exports).map((path) => path.replace("./", ""));
  return core ??= readPublicApi(decodeURIComponent(ROOT.pathname), paths);
}

let core: Promise<PublicEntry[]> | undefined;

test("the check of the reference is content with a module that says everything", async () => {
  assertEquals(await checkModules({ "mod.ts": COMPLETE }), []);
});

test("the check of the reference names each thing that is missing", async () => {
  assertEquals(await checkModules({ "mod.ts": INCOMPLETE }), [
    "mod.ts: the module has no text",
    "mod.ts: Mill has no category",
    "mod.ts: Mill has no example",
    "mod.ts: Mill.wheel has no text",
    "mod.ts: Mill.turn has no text",
    "mod.ts: Mill.turn has no category",
    "mod.ts: Mill.open is internal, and public",
    "mod.ts: Grain has no text",
    "mod.ts: Grain has no category",
    "mod.ts: Grain.weight has no text",
    "mod.ts: build has no example",
    "mod.ts: the page of Mill.turn shows none of its text",
  ]);
});

test("the check of the reference sees through an entry that hands names on", async () => {
  const modules = {
    "mod.ts": COMPLETE,
    "small.ts": `export { Mill as Pipeline } from "./mod.ts";\n`,
    "large.ts": `export { build } from "./parts.ts";\n`,
    "parts.ts": INCOMPLETE,
  };
  assertEquals(await checkModules(modules, ["mod.ts", "small.ts", "large.ts"]), [
    "small.ts: the module has no text",
    "small.ts: Pipeline.turn has no example",
    "large.ts: the module has no text",
    "large.ts: build has no example",
  ]);
});

async function checkModules(
  modules: Record<string, string>,
  paths: readonly string[] = Object.keys(modules),
): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, source] of Object.entries(modules)) {
      await Deno.writeTextFile(`${folder}/${name}`, source);
    }
    const { complaints } = await checkAll(folder, paths);
    return complaints;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What the reference of the modules at `paths` lacks, as data and as pages. */
async function checkAll(cwd: string, paths: readonly string[]): Promise<Reference> {
  const pages = await Deno.makeTempDir();
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["doc", "--html", "--name=Headrace", `--output=${pages}`, ...paths],
      cwd,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const entries = await readPublicApi(cwd, paths);
    const complaints = [...checkReference(entries), ...checkPages(entries, await readPages(pages))];
    return { entries, complaints };
  } finally {
    await Deno.remove(pages, { recursive: true });
  }
}

/** All pages in `folder`, and in those below, by name; those of one name one after the other. */
async function readPages(folder: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    const found = isDirectory
      ? await readPages(path)
      : [[name.replace(/\.html$/, ""), await Deno.readTextFile(path)] as const];
    for (const [page, text] of found) pages.set(page, (pages.get(page) ?? "") + text);
  }
  return pages;
}
