// Compiles `types/consumer.ts` against the tarball: each compiler with each platform's types, and
// each of both with each way to resolve modules.

import type { Counts } from "../../tools/outcome.ts";
import { run } from "../../tools/process.ts";
import { unpackTarball } from "./project.ts";

const COMPILERS = ["5.7", "5.9", "6", "7"];
const PLATFORMS = ["node20", "node22", "node24", "dom", "workers", "bun"];
const RESOLUTIONS = [
  { module: "esnext", moduleResolution: "bundler" },
  { module: "nodenext", moduleResolution: "nodenext" },
];

/** One compilation. */
export interface Compilation {
  readonly name: string;
  readonly compile: () => Promise<Counts>;
}

/** All compilations in `folder`, which has the compilers and the platforms' types. */
export async function listCompilations(folder: string, tarball: string): Promise<Compilation[]> {
  for (const platform of PLATFORMS) {
    await Deno.copyFile(`${folder}consumer.ts`, `${folder}${platform}/consumer.ts`);
    await unpackTarball(`${folder}${platform}/`, tarball);
  }
  return COMPILERS.flatMap((version, row) =>
    PLATFORMS.map((platform, column) => {
      // The squares of a chessboard: every compiler and every platform meets both ways.
      const { module, moduleResolution } = RESOLUTIONS[(row + column) % RESOLUTIONS.length]!;
      const flags = [
        "--module",
        module,
        "--moduleResolution",
        moduleResolution,
        "--pretty",
        "false",
      ];
      return {
        name: `ts ${version} ${platform} ${moduleResolution}`,
        compile: () => compile(folder, version, ["--project", platform, ...flags]),
      };
    })
  );
}

async function compile(
  folder: string,
  version: string,
  args: readonly string[],
): Promise<Counts> {
  const compiler = `node_modules/typescript-${version}/bin/tsc`;
  const { code, stdout, stderr } = await run("node", [compiler, ...args], { cwd: folder });
  if (code === 0) return { passed: 1, failed: 0, details: "" };
  return { passed: 0, failed: 1, details: stdout + stderr };
}
