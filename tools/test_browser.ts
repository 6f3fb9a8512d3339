// `deno task test:browser`: the suite in Chromium, after a check that the harness works there, and that
// of each package which names it.

import { bundlePackage, bundleSuite } from "./bundle.ts";
import { findChromium, runInChromium } from "./chromium.ts";
import {
  bundleLooping,
  bundleMisbehaving,
  findGaps,
  findWatchdogGaps,
  LOOP_GRACE_MS,
} from "./harness_selfcheck.ts";
import { listExampleTests } from "./examples.ts";
import { finish, measure, measureAll, type Work } from "./outcome.ts";
import { listPackages } from "./packages.ts";

const chromium = await findChromium();
if (chromium === undefined) {
  console.log(
    "SKIPPED: there is no chromium-headless-shell here, and it could not be installed with " +
      "apt-get, which takes Debian, root and its package servers. The browser was not tested.",
  );
} else {
  const harness = await measure("harness", async () => {
    const misbehaving = await runInChromium(chromium, await bundleMisbehaving());
    const looping = await runInChromium(chromium, await bundleLooping(), LOOP_GRACE_MS);
    const gaps = [
      ...findGaps("chromium", misbehaving),
      ...findWatchdogGaps("chromium", looping),
    ];
    const failed = Math.min(gaps.length, 1);
    return { passed: 1 - failed, failed, details: gaps.join("\n") };
  });
  const works: Work[] = [{
    name: "chromium",
    work: async () => await runInChromium(chromium, await bundleSuite()),
  }];
  for (const each of await listPackages()) {
    if (!each.runtimes.includes("chromium")) continue;
    works.push({
      name: `${each.name}, chromium`,
      work: async () => await runInChromium(chromium, await bundlePackage(each, "chromium")),
    });
  }
  works.push(...await listExampleTests("test:browser", { env: { CHROMIUM: chromium } }));
  finish([harness, ...await measureAll(works)]);
}
