// `deno task test`: the suite on every runtime, each package's on those that it names, then the
// examples' own tests. One line each.

import { bundlePackage, bundleSuite } from "./bundle.ts";
import { listExampleTests } from "./examples.ts";
import { finish, measure, measureAll, readDenoRun, type Work } from "./outcome.ts";
import { listPackages } from "./packages.ts";
import { installPostgres } from "./postgres.ts";
import { runDeno } from "./process.ts";
import { runSuite, RUNTIMES } from "./runtimes.ts";
import { watchFiles } from "./watchdog.ts";

await installPostgres();

// It takes all processors by itself. Types are the business of `deno task ok`.
const suite = ["test", "--quiet", "--allow-all", "--no-check", "--parallel"];
const deno = await measure("deno", async () => {
  return readDenoRun(await runDeno(suite, await watchFiles()));
});

const works: Work[] = RUNTIMES.map((runtime) => ({
  name: runtime.name,
  work: async () => await runSuite(runtime, await bundleSuite()),
}));
for (const each of await listPackages()) {
  for (const runtime of RUNTIMES.filter(({ name }) => each.runtimes.includes(name))) {
    works.push({
      name: `${each.name}, ${runtime.name}`,
      work: async () => await runSuite(runtime, await bundlePackage(each, runtime.name)),
    });
  }
}
works.push(...await listExampleTests("test"));

// One more than there are processors: workerd mostly waits, for its shortest timer takes a millisecond.
const atOnce = navigator.hardwareConcurrency + 1;
finish([deno, ...await measureAll(works, undefined, atOnce)]);
