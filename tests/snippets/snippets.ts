// The programs of the READMEs and the guides, and what they say that they print.

/** A program in a document. */
export interface Snippet {
  /** Where it stands: `docs/patterns.md:47`. */
  readonly place: string;
  readonly code: string;
  /** What follows each `//=>`, in order. */
  readonly expected: string;
  /** What it needs, `node`, `bun` or the name of its guide, so that Deno passes it over. */
  readonly platform: string | undefined;
  /** Where all packages that it imports run, beside Deno; everywhere where it is absent. */
  readonly runtimes?: readonly string[] | undefined;
}

/** What a program did when it was run. */
export interface Printed {
  readonly lines: readonly string[];
  /** What it threw, as a text. */
  readonly error?: string;
}

const SNIPPET = /^```ts( ignore(?: bun)?)?\n(.*?)^```$/gms;
const IMPORT = /from "@headrace\/([\w-]+)/g;
const PLATFORM_GUIDE = /^docs\/(workers|browser)\.md$/;
const EXPECTED = /\/\/=> ?(.*)$/gm;

/** All programs of the README, the guides and the packages' READMEs, in the repository at `root`. */
export async function listSnippets(root: URL): Promise<Snippet[]> {
  const guides: string[] = [];
  for await (const { name } of Deno.readDir(new URL("docs/", root))) {
    if (name.endsWith(".md")) guides.push(`docs/${name}`);
  }
  const pages = ["README.md", ...guides.sort()];
  const runtimesOf = new Map<string, readonly string[]>();
  for await (const { name } of Deno.readDir(new URL("packages/", root))) {
    const manifest = await Deno.readTextFile(new URL(`packages/${name}/deno.json`, root));
    runtimesOf.set(name, (JSON.parse(manifest) as { runtimes?: string[] }).runtimes ?? []);
    pages.push(`packages/${name}/README.md`);
  }
  const snippets = pages.map(async (page) => {
    return readSnippets(page, await Deno.readTextFile(new URL(page, root)));
  });
  return (await Promise.all(snippets)).flat().map((snippet) => {
    const [first, ...others] = Array.from(snippet.code.matchAll(IMPORT))
      .map(([, name = ""]) => runtimesOf.get(name))
      .filter((runtimes) => runtimes !== undefined); // that of the core runs everywhere
    const runtimes = first?.filter((name) => others.every((own) => own.includes(name)));
    return { ...snippet, runtimes };
  });
}

/** The programs of one document. */
export function readSnippets(page: string, text: string): Snippet[] {
  return Array.from(text.matchAll(SNIPPET), ({ index, 1: flag, 2: code = "" }) => ({
    place: `${page}:${text.slice(0, index).split("\n").length}`,
    code,
    expected: Array.from(code.matchAll(EXPECTED), ([, line]) => line).join("\n"),
    platform: flag && (PLATFORM_GUIDE.exec(page)?.[1] ?? flag.split(" ")[2] ?? "node"),
  }));
}

/** Writes the programs into `folder` for `run.mjs`. */
export async function writeSnippets(folder: string, snippets: readonly Snippet[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Promise.all(snippets.map(({ code }, index) => {
    return Deno.writeTextFile(`${folder}/${index}.ts`, code);
  }));
}

/** Reads what `run.mjs` has printed. */
export function readPrinted(stdout: string): Printed[] {
  return stdout.trim().split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Printed);
}

/** Says of each program that failed, or printed something else than it says, what it did. */
export function checkSnippets(
  snippets: readonly Snippet[],
  printed: readonly Printed[],
): string[] {
  return snippets.flatMap(({ place, expected }, index) => {
    // Where the process has ended early, the first without an answer is the one that it ended in.
    const { lines, error } = printed[index] ?? { lines: [], error: "it did not finish" };
    if (index > printed.length) return [];
    if (error !== undefined) return [`${place} failed: ${error}`];
    const text = lines.join("\n");
    if (expected === "") return [`${place} says nowhere what it prints`];
    if (toComparable(text) === toComparable(expected)) return [];
    return [`${place} says that it prints\n${expected}\nand prints\n${text}`];
  });
}

/** Runtimes differ in the quotes, spaces and last commas with which they print a value. */
function toComparable(text: string): string {
  return text.replaceAll(/['`]/g, '"')
    .replaceAll(/\s+/g, " ")
    .replaceAll(/([[{(]) | (?=[\])}])/g, "$1")
    .replaceAll(/,(?=[\])}])/g, "")
    .trim();
}
