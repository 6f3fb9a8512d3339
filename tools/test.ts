// `deno task test`: the suite on every runtime, each package's on those that it names, then the
// examples' own tests. One line each.

import { bundlePackage, bundleSuite } from "./bundle.ts";
import { listExamples } from "./examples.ts";
import { finish, measure, type Outcome, readDenoRun } from "./outcome.ts";
import { listPackages } from "./packages.ts";
import { installPostgres } from "./postgres.ts";
import { runDeno } from "./process.ts";
import { runSuite, RUNTIMES } from "./runtimes.ts";
import { watchFiles } from "./watchdog.ts";

const outcomes: Outcome[] = [];

await installPostgres();

// Types are the business of `deno task ok`.
const suite = ["test", "--quiet", "--allow-all", "--no-check", "--parallel"];
outcomes.push(
  await measure("deno", async () => readDenoRun(await runDeno(suite, await watchFiles()))),
);

for (const runtime of RUNTIMES) {
  outcomes.push(
    await measure(runtime.name, async () => await runSuite(runtime, await bundleSuite())),
  );
}

for (const each of await listPackages()) {
  for (const runtime of RUNTIMES.filter(({ name }) => each.runtimes.includes(name))) {
    outcomes.push(
      await measure(`${each.name}, ${runtime.name}`, async () => {
        return await runSuite(runtime, await bundlePackage(each, runtime.name));
      }),
    );
  }
}

for (const { name, config, tasks } of await listExamples()) {
  if (!tasks.includes("test")) continue;
  const args = ["task", "--quiet", "--config", config, "test"];
  outcomes.push(
    await measure(name, async () => readDenoRun(await runDeno(args))),
  );
}

finish(outcomes);
