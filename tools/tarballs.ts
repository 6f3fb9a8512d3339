// Makes the npm tarballs in a process of its own, for those that run under another configuration.

import { ROOT, runDeno, succeed } from "./process.ts";

/** Makes all tarballs. Returns their paths, by package, as `packAll` does. */
export async function makeTarballs(): Promise<Map<string, string>> {
  const program = ["--config", `${ROOT}tools/deno.json`, `${ROOT}tools/npm.ts`];
  const packing = runDeno(["run", "--quiet", "-A", ...program]);
  const { stdout } = await succeed("Cannot pack for npm", packing);
  return new Map(
    stdout.trim().split("\n").map((line) => {
      const [name = "", path] = line.split("  ");
      return [name, ROOT + path];
    }),
  );
}
