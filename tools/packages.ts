// Finds the packages beside the core, each a member of the workspace.

import { listFiles, listFolders, unlessMissing } from "./files.ts";
import { ROOT } from "./process.ts";

/** What is used of a deno.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports?: Readonly<Record<string, string>>;
  /** Of a package: where its suite runs, besides Deno. */
  readonly runtimes?: readonly string[];
}

/** A folder under `packages/` with a deno.json. */
export interface Package {
  /** The name of its folder. */
  readonly name: string;
  /** Path of its folder from the repository's root, with a slash at its end. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Where its suite runs, besides Deno. */
  readonly runtimes: readonly string[];
  /** Its entries, as paths from the repository's root. */
  readonly entries: readonly string[];
}

/** Something that is published: the core, whose folder is "", or a package. */
export type Published = Pick<Package, "folder" | "manifest">;

/** A runtime without files, sockets of its own, and modules of Node. */
const WEB_ONLY: readonly string[] = ["workerd", "chromium"];

/** The deno.json of the core. */
export async function readCore(): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
}

/** All packages, by name. */
export async function listPackages(): Promise<Package[]> {
  const packages: Package[] = [];
  for (const name of await listFolders("packages/")) {
    const folder = `packages/${name}/`;
    const text = await unlessMissing(Deno.readTextFile(`${ROOT}${folder}deno.json`));
    if (text === undefined) continue;
    const manifest: Manifest = JSON.parse(text);
    const entries = Object.values(manifest.exports).map((path) => path.replace(/^\.\//, folder));
    packages.push({ name, folder, manifest, runtimes: manifest.runtimes ?? [], entries });
  }
  return packages;
}

/** The core and all packages, each after those that its modules import. */
export async function listInOrder(): Promise<Published[]> {
  const left = await Promise.all((await listPackages()).map(async (each) => {
    const modules = await listModules(each);
    const texts = await Promise.all(modules.map((path) => Deno.readTextFile(ROOT + path)));
    return { ...each, code: texts.join("\n") };
  }));
  const ordered: Published[] = [{ folder: "", manifest: await readCore() }];
  while (left.length > 0) {
    const needs = ({ code, manifest }: typeof left[number]) =>
      left.some(({ manifest: { name } }) =>
        name !== manifest.name && new RegExp(`"${name}[/"]`).test(code)
      );
    const next = left.findIndex((each) => !needs(each));
    if (next === -1) {
      const names = left.map(({ name }) => name).join(", ");
      throw new Error(`Cannot order the packages: ${names} need each other`);
    }
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}

/** Whether a package runs where there are web APIs alone. */
export function isWebOnly({ runtimes }: Package): boolean {
  return runtimes.some(isWeb);
}

/** Whether a runtime has web APIs alone. */
export function isWeb(runtime: string): boolean {
  return WEB_ONLY.includes(runtime);
}

/** What `specifier` of each entry stands for, in the core and in all packages, from `folder`. */
export async function mapEntries(folder: string): Promise<Record<string, string>> {
  const map: Record<string, string> = {};
  const add = ({ name, exports }: Manifest, root: string) => {
    for (const [entry, path] of Object.entries(exports)) {
      map[name + entry.slice(1)] = folder + root + path.slice(2);
    }
  };
  add(await readCore(), "");
  for (const each of await listPackages()) add(each.manifest, each.folder);
  return map;
}

/** The modules of a package without its tests and benchmarks. */
export async function listModules({ folder }: Package): Promise<string[]> {
  const inSource = (await listFiles(`${folder}src/`)).filter((path) => path.endsWith(".ts"));
  return [`${folder}mod.ts`, ...inSource];
}
