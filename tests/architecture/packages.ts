// What the modules of a package may import: the core and other packages by their names, its own
// files, and what its deno.json names.

import type { Module } from "./modules.ts";

/** What is used of a deno.json. */
export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports?: Readonly<Record<string, string>>;
}

/** Files of the repository that the tests of each package share. */
const SHARED_BY_TESTS = /^tests\/(?:harness\.ts$|support\/)/;

/**
 * Imports of packages that go against that. `manifests` has each deno.json by its folder, with a slash
 * at its end; that of the core stands under "".
 */
export function checkPackages(
  modules: readonly Module[],
  manifests: ReadonlyMap<string, Manifest>,
): string[] {
  const entries = [...manifests.values()].flatMap(({ name, exports }) =>
    Object.keys(exports).map((entry) => name + entry.slice(1))
  );
  const shared = Object.keys(manifests.get("")?.imports ?? {});
  return modules.flatMap(({ path, imports }) => {
    const folder = /^packages\/[^/]+\//.exec(path)?.[0];
    // These have a deno.json of their own: with peers, servers, or what a page needs.
    const rest = path.slice(folder?.length);
    if (folder === undefined || /^(?:bench|integration|page)\//.test(rest)) return [];
    const manifest = manifests.get(folder);
    if (manifest === undefined) return [`${path} stands in no package: ${folder} has no deno.json`];
    const isTest = path.startsWith(`${folder}tests/`);
    const named = Object.keys(manifest.imports ?? {}).concat(isTest ? shared : []);
    return imports.flatMap(({ specifier, target }) => {
      if (target !== undefined) {
        const isFine = target.startsWith(folder) || isTest && SHARED_BY_TESTS.test(target);
        return isFine ? [] : [`${path} imports ${target}: a package reaches others by name only`];
      }
      const isNamed = (name: string) => specifier === name || specifier.startsWith(`${name}/`);
      if (entries.includes(specifier) || named.some(isNamed)) return [];
      if (specifier.startsWith("node:")) return [];
      return [`${path} imports "${specifier}", which ${folder}deno.json does not name`];
    });
  });
}
