// Checks that a tag is what is being released: `tools/check_tag.ts v1.2.3`. Every package of the
// repository has the version of the tag, and the changelog says when it came out.

import { listPackages, readCore } from "./packages.ts";
import { ROOT } from "./process.ts";

const [tag = ""] = Deno.args;
const faults: string[] = [];

for (
  const { folder, manifest } of [
    { folder: "", manifest: await readCore() },
    ...await listPackages(),
  ]
) {
  const { version } = manifest;
  if (`v${version}` !== tag) faults.push(`${folder}deno.json has version ${version}`);
}

const heading = `## [${tag.slice(1)}] - `;
const line = (await Deno.readTextFile(`${ROOT}CHANGELOG.md`)).split("\n")
  .find((line) => line.startsWith(heading));
if (!/\d{4}-\d{2}-\d{2}$/.test(line ?? "")) {
  faults.push(`CHANGELOG.md has no heading "${heading}" with a date`);
}

for (const fault of faults) console.error(`Cannot release ${tag || "without a tag"}: ${fault}`);
if (faults.length > 0) Deno.exitCode = 1;
