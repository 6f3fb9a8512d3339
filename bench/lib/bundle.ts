/** Makes one file out of a program and what it imports. @module */

import { ROOT, runDeno, succeed } from "../../tools/process.ts";

/** Where bundles and results go; ignored by git. */
export const BUILD_FOLDER: string = `${ROOT}.build/bench/`;

/** Bundles `code`, which may import whatever `bench/deno.json` names. Returns the file's path. */
export async function bundle(
  name: string,
  code: string,
  flags: readonly string[] = [],
): Promise<string> {
  await Deno.mkdir(BUILD_FOLDER, { recursive: true });
  const entry = `${BUILD_FOLDER}${name}.ts`;
  const output = `${BUILD_FOLDER}${name}.mjs`;
  await Deno.writeTextFile(entry, code);
  const config = `${ROOT}bench/deno.json`;
  const args = ["bundle", "--quiet", "--config", config, ...flags, "--output", output, entry];
  await succeed(`Cannot bundle "${name}"`, runDeno(args));
  return output;
}
