// `tools/publish.ts jsr|npm [--dry-run]`: publishes the core and then the packages, each after
// those that it needs. What has been published in this version is left out.

import { packAll } from "./npm.ts";
import { listInOrder } from "./packages.ts";
import { ROOT, run, runDeno } from "./process.ts";

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
    await succeed(name, runDeno(["publish", ...dry], { cwd: ROOT + folder }));
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
    await succeed(name, run("npm", ["publish", tarball, "--access", "public", ...dry]));
  }
}

async function succeed(name: string, publishing: ReturnType<typeof run>): Promise<void> {
  const { code, stdout, stderr } = await publishing;
  if (code !== 0) throw new Error(`Cannot publish ${name}:\n${stdout}${stderr}`);
  console.log(`${name} ${isDry ? "can be published" : "is published"} on ${registry}`);
}
