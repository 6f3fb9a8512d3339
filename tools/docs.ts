// `deno task docs`: the reference of every entry as pages, in `.build/api`, and one page more that
// lists all names by family, which those of `deno doc` do not.

import { type PublicEntry, type PublicName, readPublicApi } from "../tests/reference/public_api.ts";
import { listInOrder } from "./packages.ts";
import { ROOT, runDeno, succeed } from "./process.ts";

const OUTPUT = ".build/api/";
const FAMILIES = "families.html";

const STYLE =
  `body { font: 1rem/1.5 system-ui; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
dt { font-family: ui-monospace, monospace; margin-top: .5rem }
dd { margin: 0 0 0 1.5rem }`;

for (const { manifest, folder } of await listInOrder()) {
  const output = `${OUTPUT}${folder}`;
  const paths = Object.values(manifest.exports).map((path) => path.replace(/^\.\//, folder));
  await Deno.mkdir(ROOT + output, { recursive: true });
  const flags = ["--quiet", "--html", `--name=${manifest.name}`, `--output=${output}`];
  await succeed(`Cannot document ${manifest.name}`, runDeno(["doc", ...flags, ...paths]));
  const entries = await readPublicApi(ROOT, paths);
  await Deno.writeTextFile(`${ROOT}${output}${FAMILIES}`, toPage(manifest.name, entries));
}
console.log(`${OUTPUT}index.html has each entry, ${OUTPUT}${FAMILIES} all names by family`);

/** A name and where its page is. */
interface Row {
  readonly title: string;
  readonly link: string;
  readonly text: string;
}

function toPage(title: string, all: readonly PublicEntry[]): string {
  const families = new Map<string, Row[]>();
  const listed = new Set<string>();
  const add = (folder: string, { name, page, category, texts: [text = ""] }: PublicName) => {
    // What several entries export is listed under the first of them; properties are not listed.
    if (category === undefined || listed.has(page)) return;
    listed.add(page);
    const row: Row = { title: name, link: `${folder}~/${page}.html`, text };
    families.set(category, [...families.get(category) ?? [], row]);
  };
  for (const { path, names } of all) {
    const folder = path === all[0]?.path ? "" : `${path.split("/").at(-2)}/`;
    for (const name of names) {
      add(folder, name);
      for (const member of name.members) add(folder, member);
    }
  }
  const sorted = [...families].toSorted(([a], [b]) => a.localeCompare(b));
  const body = sorted.map(([family, rows]) => `<h2>${family}</h2>${toList(rows)}`);
  return `<!doctype html><meta charset="utf-8"><title>${title} by family</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style>
<h1>${title} by family</h1><p><a href="index.html">By entry</a></p>
${body.join("\n")}
`;
}

function toList(rows: readonly Row[]): string {
  const sorted = rows.toSorted((a, b) => a.title.localeCompare(b.title));
  const items = sorted.map(({ title, link, text }) => {
    return `<dt><a href="${encodeURI(link)}">${escape(title)}</a></dt><dd>${
      escape(firstSentence(text))
    }</dd>`;
  });
  return `<dl>${items.join("\n")}</dl>`;
}

function firstSentence(text: string): string {
  const sentence = /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text;
  return sentence.replaceAll(/\{@linkcode (\w+)\}/g, "`$1`");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
