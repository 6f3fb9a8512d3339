// `deno task test:install [text]`: packs the library for npm, and tries the tarball as its users do.
// One line for each way: checks of the package, programs on runtimes and in bundles, those of the
// guides, compilers; with a text, for those whose names contain it.

import { finish, measure, type Outcome } from "../../tools/outcome.ts";
import { makeTarballs } from "../../tools/tarballs.ts";
import { PROGRAMS } from "./programs.ts";
import { createProject, installTarballs, succeed } from "./project.ts";
import { listSnippetChecks } from "./snippets.ts";
import { listCompilations } from "./types.ts";

const SIGN = "all is well";

/** The package itself: what its package.json says, and whether types and code are where it says. */
const CHECKS: Readonly<Record<string, readonly string[]>> = {
  publint: ["publint/src/cli.js", "run", "--strict"],
  attw: [
    "@arethetypeswrong/cli/dist/index.js",
    "--profile",
    "esm-only",
    "--no-color",
    "--no-emoji",
  ],
};

const [text = ""] = Deno.args;
const tarballs = await makeTarballs();
const tarball = tarballs.get("@headrace/pipeline")!;
const outcomes: Outcome[] = [];

const compilers = await createProject("types");
const programs = await createProject("programs");
const guides = await createProject("guides");
try {
  for (const [name, [script, ...flags]] of Object.entries(CHECKS)) {
    for (const path of tarballs.values()) {
      await check(name, () => {
        return succeed("node", [`node_modules/${script}`, ...flags, path], compilers);
      });
    }
  }
  await installTarballs(programs, [tarball]);
  for (const { name, run } of PROGRAMS) {
    await check(name, async () => {
      const printed = await run(programs, tarball);
      if (!printed.includes(SIGN)) throw new Error(`It did not print "${SIGN}":\n${printed}`);
    });
  }
  await installTarballs(guides, [...tarballs.values()]);
  for (const { name, run } of await listSnippetChecks(guides)) await check(name, run);
  const compilations = (await listCompilations(compilers, tarball))
    .filter(({ name }) => name.includes(text));
  const worker = async () => {
    for (let next = compilations.shift(); next !== undefined; next = compilations.shift()) {
      outcomes.push(await measure(next.name, next.compile, describe));
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, worker));
} finally {
  await Deno.remove(compilers, { recursive: true });
  await Deno.remove(programs, { recursive: true });
  await Deno.remove(guides, { recursive: true });
}
finish(outcomes);

async function check(name: string, work: () => Promise<unknown>): Promise<void> {
  if (!name.includes(text)) return;
  const count = () => work().then(() => ({ passed: 1, failed: 0, details: "" }));
  outcomes.push(await measure(name, count, describe));
}

function describe({ failed }: { readonly failed: number }): string {
  return failed === 0 ? "ok" : "FAILED";
}
