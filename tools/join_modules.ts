// Joins the modules of an npm package: Node takes a third of a millisecond for each file that it opens.

import { type Plugin, type PreRenderedChunk, rollup } from "rollup";

/** Where what several entries share goes. */
const FOLDER = "chunks/";

/** Refuses what reads its own address: once joined, a module is in another place. */
const REFUSE_ADDRESSES: Plugin = {
  name: "refuse-addresses",
  resolveImportMeta(_property, { moduleId }) {
    throw new Error(`Cannot join ${moduleId} with others: it reads import.meta`);
  },
};

/**
 * Replaces `modules` by the `entries` among them, under the same paths, and by what those share.
 * Everything stays as it is written, comments included, and can be left out by a bundler as before.
 * All are paths from `root`.
 */
export async function joinModules(
  root: string,
  modules: readonly string[],
  entries: readonly string[],
): Promise<void> {
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((path) => [path.replace(/\.js$/, ""), root + path])),
    external: (specifier) => !/^[./]/.test(specifier),
    plugins: [REFUSE_ADDRESSES],
    treeshake: false,
    onLog: (_level, { message }) => {
      throw new Error(message);
    },
  });
  const { output } = await bundle.generate({
    entryFileNames: "[name].js",
    chunkFileNames: (chunk) => `${FOLDER}${nameChunk(root, chunk)}.js`,
    hoistTransitiveImports: false,
  });
  await bundle.close();
  for (const path of modules) await Deno.remove(root + path);
  for (const file of output) {
    if (file.type !== "chunk") continue;
    if (!file.isEntry) await Deno.mkdir(root + FOLDER, { recursive: true });
    await Deno.writeTextFile(root + file.fileName, file.code);
  }
}

/** The folder that most of its modules are from. */
function nameChunk(root: string, { moduleIds }: PreRenderedChunk): string {
  const counts = new Map<string, number>();
  for (const id of moduleIds) {
    const folder = id.slice(root.length).split("/").at(-2) ?? "shared";
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const [[name] = ["shared"]] = [...counts].sort(([, one], [, other]) => other - one);
  return name;
}
