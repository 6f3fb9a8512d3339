// `deno task inline`, in this package: writes what a worker runs that a pool starts by itself.

/** The module that the pool has as a text. */
const TARGET = new URL("../../src/_inline_source.ts", import.meta.url);
const ENTRY = new URL("../../src/_inline_main.ts", import.meta.url);

/** The text of that module, as it must be. */
export async function bundleInline(): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--minify", "--platform", "browser", ENTRY.pathname],
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  const source = new TextDecoder().decode(stdout).trim();
  return "// Written by `deno task inline`: `_inline_main.ts` and what it imports, in one text.\n\n" +
    "// deno-fmt-ignore\n" +
    `export const INLINE_SOURCE: string = ${JSON.stringify(source)};\n`;
}

/** The text of that module, as it is. */
export async function readInline(): Promise<string> {
  return await Deno.readTextFile(TARGET);
}

if (import.meta.main) await Deno.writeTextFile(TARGET, await bundleInline());
