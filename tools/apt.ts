// Installs packages of Debian that a suite needs.

import { run } from "./process.ts";

/** Installs a package with apt-get; returns whether it is installed then. */
export async function installPackage(name: string): Promise<boolean> {
  console.log(`Installing ${name} with apt-get`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["install", "--yes", "--no-install-recommends", name];
  for (const args of [["update"], install]) {
    const finished = await run("apt-get", args, { env }).catch(() => undefined);
    if (finished?.code !== 0) return false;
  }
  return true;
}
