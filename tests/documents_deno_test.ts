// Holds what documents say of the repository: what the README promises to be, where links lead, and
// that files named in ARCHITECTURE.md and CONTRIBUTING.md exist.

import { assertEquals } from "@std/assert";
import { StreamingErrorStrategy } from "../mod.ts";
import { test } from "./harness.ts";
import { listSnippets } from "./snippets/snippets.ts";

const ROOT = new URL("../", import.meta.url);
const MAX_LINES = 100;
const MAX_WIDTH = 120;

const LINK = /\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g;
const ANCHOR = /\]\((?!https?:)([^)#\s]*#[^)\s]+)\)/g;
const CHAPTER = /^## (.*)$/gm;
const HEADING = /^#+ (.*)$/gm;
const FENCED = /^```.*?^```$/gms;
const FILE_NAME = /`((?:[\w.-]+\/)*\w+\.ts)`/g;
/** Stands for the name of any operator. */
const PLACEHOLDER = "src/operators/x.ts";

const COMMENT = /\/\*.*?\*\/|^\s*\/\/.*?$/gms;
/** A literal that can be a code. */
const CODE = /"([A-Z]{2,}(?:_[A-Z]+)*)"/g;
/** The codes in these are those of others. */
const FOREIGN_CODES = [
  "src/durable/_file_system.ts",
  "src/internal/causes.ts",
  "src/policies/_ended.ts",
];
const NO_CODES = Object.keys(StreamingErrorStrategy);

const read = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));
const fileNames = (folder: string): string[] =>
  [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name }) => name);
const findAll = (pattern: RegExp, text: string): string[] =>
  [...text.matchAll(pattern)].map(([, found = ""]) => found);

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, ROOT));
    return true;
  } catch {
    return false;
  }
}

/** As GitHub makes it of a heading. */
function toAnchor(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return text.replaceAll(/[^\w\- ]/g, "").trim().replaceAll(" ", "-");
}

function listModules(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) =>
    isDirectory ? listModules(`${folder}${name}/`) : [`${folder}${name}`]
  );
}

const packages = fileNames("packages").map((name) => `packages/${name}/`);
/** That of the core has its programs run with those of the guides. */
const readmes = packages.map((folder) => `${folder}README.md`);

const pages = [
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md", "ROADMAP.md"],
  ...readmes,
  ...fileNames("docs").filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
];

test("the README can be read on a phone", () => {
  const lines = read("README.md").trimEnd().split("\n");
  assertEquals(lines.slice(MAX_LINES), []);
  assertEquals(lines.filter(({ length }) => length > MAX_WIDTH), []);
});

test("no program of the README or the guides needs what its reader does not have", async () => {
  const needy = (await listSnippets(ROOT)).filter(({ code }) => code.includes('"@std/'));
  assertEquals(needy.map(({ place }) => place), []);
});

test("what is published links only to what is published", () => {
  const { publish } = JSON.parse(read("deno.json")) as { publish: { include: string[] } };
  const isPublished = (path: string) =>
    publish.include.some((entry) => path === entry || path.startsWith(`${entry}/`));
  const outside = pages.filter(isPublished).flatMap((page) =>
    findAll(LINK, read(page))
      .map((link) => new URL(link, new URL(page, "file:///")).pathname.slice(1))
      .filter((path) => !isPublished(path))
      .map((path) => `${page} links to ${path}`)
  );
  assertEquals(outside, []);
});

test("links between documents lead to files", () => {
  const dead = pages.flatMap((page) =>
    findAll(LINK, read(page))
      .filter((link) => !exists(new URL(link, new URL(page, ROOT)).href))
      .map((link) => `${page} links to ${link}`)
  );
  assertEquals(dead, []);
});

test("links to chapters lead to chapters, and a guide's list of its chapters has all of them", () => {
  const listHeadings = (page: string, pattern: RegExp) =>
    findAll(pattern, read(page).replaceAll(FENCED, "")).map(toAnchor);
  const complaints = pages.flatMap((page) => {
    const links = findAll(ANCHOR, read(page)).map((link) => {
      const [path = "", anchor = ""] = link.split("#");
      return { link, path: path && new URL(path, new URL(page, "file:///")).pathname, anchor };
    });
    const dead = links
      .filter(({ path, anchor }) => !listHeadings(path.slice(1) || page, HEADING).includes(anchor))
      .map(({ link }) => `${page} links to ${link}`);
    const listed = findAll(ANCHOR, read(page).split("\n## ")[0]!);
    const chapters = page.startsWith("docs/") && listed.some((link) => link.startsWith("#"))
      ? listHeadings(page, CHAPTER)
      : [];
    const unlisted = chapters.filter((anchor) => !listed.includes(`#${anchor}`))
      .map((anchor) => `${page} does not list ${anchor}`);
    return [...dead, ...unlisted];
  });
  assertEquals(complaints, []);
});

test("documents name modules that exist", () => {
  const modules = [
    "mod.ts",
    ...["src/", "tests/", "tools/", "bench/", "packages/"].flatMap(listModules),
  ];
  const isNamed = (name: string) =>
    modules.some((path) => `/${path}`.endsWith(name.startsWith("_") ? name : `/${name}`));
  const unknown = pages.flatMap((
    page,
  ) =>
    findAll(FILE_NAME, read(page))
      .filter((name) => name !== PLACEHOLDER && !isNamed(name))
      .map((name) => `${page} names ${name}`)
  );
  assertEquals(unknown, []);
});

test("each law of docs/guarantees.md has tests, and each law with tests stands there", () => {
  const stated = findAll(/^## .*\(L(\d+)\)$/gm, read("docs/guarantees.md")).map(Number);
  const tested = fileNames("tests/contract").flatMap((name) => findAll(/^l(\d+)_/g, name));
  assertEquals(stated, [...new Set(tested.map(Number))].sort((a, b) => a - b));
});

test("each code that the library gives stands in docs/errors.md", () => {
  const modules = listModules("src/").filter((path) => !FOREIGN_CODES.includes(path));
  const literals = modules.flatMap((path) => findAll(CODE, read(path).replaceAll(COMMENT, "")));
  const codes = [...new Set(literals)].filter((code) => !NO_CODES.includes(code));
  const told = read("docs/errors.md");
  assertEquals(codes.filter((code) => !told.includes(`\`${code}\``)), []);
  assertEquals(["TOO_MANY_KEYS", "JOIN_LIMIT"].filter((code) => !codes.includes(code)), []);
});

test("the code of docs/browser.md that needs a page is that of the example", () => {
  const shown = findAll(/^```(?:ts|tsx) ignore\n(.*?)^```$/gms, read("docs/browser.md"));
  const folder = "examples/browser/";
  const files = fileNames(folder).filter((name) => /\.tsx?$/.test(name));
  const code = files.map((name) => read(folder + name)).join("\n");
  assertEquals(shown.filter((text) => !code.includes(text)), []);
  assertEquals(shown.length, 3);
});

test("the core and all packages have the version that the changelog begins with", () => {
  const [version] = findAll(/^## \[(\d+\.\d+\.\d+)\]/gm, read("CHANGELOG.md"));
  const manifests = ["deno.json", ...packages.map((folder) => `${folder}deno.json`)];
  const others = manifests.filter((path) => {
    return (JSON.parse(read(path)) as { version: string }).version !== version;
  });
  assertEquals(others, []);
});

test("the guides say of each package where it runs, as its manifest does", () => {
  const table = read("docs/README.md");
  for (const folder of packages) {
    const { name, runtimes } = JSON.parse(read(`${folder}deno.json`)) as {
      name: string;
      runtimes: readonly string[];
    };
    const row = table.split("\n").find((line) => line.startsWith(`| [\`${name}\`]`));
    const place = row?.split("|").at(-2)?.trim();
    // What runs on Node 24 and not on Node 20 wants `node:sqlite`, which came with 22.13.
    const nodes = runtimes.includes("node 20") ? "Node" : "Node 22.13 and later";
    const others = runtimes.includes("chromium") ? ", browsers" : "";
    const isEverywhere = runtimes.includes("workerd");

    assertEquals(place, isEverywhere ? "everywhere" : `Deno, Bun, ${nodes}${others}`);
    if (!runtimes.includes("node 20")) {
      assertEquals(read(`${folder}README.md`).includes("22.13"), true);
    }
  }
});

test("each tsconfig of docs/runtimes.md says what the tests of the package compile with", () => {
  const base = readOptions("tests/install/types/tsconfig.base.json");
  const shown = findAll(/^```json\n(.*?)^```$/gms, read("docs/runtimes.md"))
    .map((text) => (JSON.parse(text) as Tsconfig).compilerOptions);
  const resolutions = ["nodenext", "bundler"];

  const differing = ["node20", "bun", "workers", "dom"].flatMap((platform, index) => {
    const tested = { ...base, ...readOptions(`tests/install/types/${platform}/tsconfig.json`) };
    // That of the guides' programs is newer than what the library needs.
    const { module, moduleResolution, lib: _lib, ...options } = shown[index] ?? {};
    if (!resolutions.includes(String(moduleResolution))) return [`${platform}: moduleResolution`];
    if (module !== (moduleResolution === "nodenext" ? "nodenext" : "esnext")) {
      return [`${platform}: module`];
    }
    return Object.entries(options)
      .filter(([name, value]) => JSON.stringify(tested[name]) !== JSON.stringify(value))
      .map(([name]) => `${platform}: ${name}`);
  });
  assertEquals(differing, []);
  assertEquals(shown.length, 4);
});

test("the programs of the guides are compiled with the lib of docs/runtimes.md", () => {
  const shown = findAll(/^ {4}"lib": (\[.*?\])/gm, read("docs/runtimes.md"))
    .map((text) => JSON.parse(text) as string[]);
  const [common, workers] = ["snippets", "workers"]
    .map((name) => readOptions(`tests/install/guides/tsconfig.${name}.json`).lib as string[]);
  assertEquals(shown, [common, common, workers, [...common!, "dom"]]);
});

interface Tsconfig {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
}

function readOptions(path: string): Readonly<Record<string, unknown>> {
  return (JSON.parse(read(path)) as Tsconfig).compilerOptions;
}
