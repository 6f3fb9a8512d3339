// `tools/publish.ts jsr|npm [--dry-run]`: publishes the core and then the packages, each after
// those that it needs. What has been published in this version is left out.

import { packAll } from "./npm.ts";
import { listInOrder } from "./packages.ts";
import { type Finished, ROOT, run, runDeno, succeed } from "./process.ts";

const [registry, ...flags] = Deno.args;
const isDry = flags.includes("--dry-run");
if (registry !== "jsr" && registry !== "npm") {
  throw new Error(`Cannot publish on ${registry}: "jsr" and "npm" are known`);
}
await (registry === "jsr" ? publishOnJsr() : publishOnNpm());

/** JSR tells by itself what it has. */
async function publishOnJsr(): Promise<void> {
  const dry = isDry ? ["--dry-run", "--allow-dirty"] : [];
  for (const { folder, manifest: { name } } of await listInOrder()) {
    await publish(name, runDeno(["publish", ...dry], { cwd: ROOT + folder }));
  }
}

async function publishOnNpm(): Promise<void> {
  const versions = new Map(
    (await listInOrder()).map(({ manifest: { name, version } }) => [name, version]),
  );
  const dry = isDry ? ["--dry-run"] : ["--provenance"];
  for (const [name, tarball] of await packAll()) {
    const known = await run("npm", ["view", `${name}@${versions.get(name)}`, "version"]);
    if (known.code === 0 && known.stdout.trim() !== "") continue;
    await publish(name, run("npm", ["publish", tarball, "--access", "public", ...dry]));
  }
}

async function publish(name: string, publishing: Promise<Finished>): Promise<void> {
  await succeed(`Cannot publish ${name}`, publishing);
  console.log(`${name} ${isDry ? "can be published" : "is published"} on ${registry}`);
}
