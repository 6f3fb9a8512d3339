// Checks that a tag is what is being released: `tools/check_tag.ts v1.2.3`. Every package of the
// repository has the version of the tag, and the changelog says when it came out.

const ROOT = new URL("../", import.meta.url);

const [tag = ""] = Deno.args;
const faults: string[] = [];

const manifests = ["deno.json"];
for (const { name, isDirectory } of readFolder("packages/")) {
  if (isDirectory) manifests.push(`packages/${name}/deno.json`);
}
for (const path of manifests) {
  const { version }: { version: string } = JSON.parse(Deno.readTextFileSync(new URL(path, ROOT)));
  if (`v${version}` !== tag) faults.push(`${path} has version ${version}`);
}

const heading = `## [${tag.slice(1)}] - `;
const line = Deno.readTextFileSync(new URL("CHANGELOG.md", ROOT)).split("\n")
  .find((line) => line.startsWith(heading));
if (!/\d{4}-\d{2}-\d{2}$/.test(line ?? "")) {
  faults.push(`CHANGELOG.md has no heading "${heading}" with a date`);
}

for (const fault of faults) console.error(`Cannot release ${tag || "without a tag"}: ${fault}`);
if (faults.length > 0) Deno.exitCode = 1;

function readFolder(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(new URL(path, ROOT))];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
