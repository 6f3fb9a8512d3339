// `deno task fetch`: downloads the packages with `npm` and `apt-get`, and makes the collections of their
// documents. It needs both, `dpkg-deb` and 400 MB for a while.

import { readMarkdown } from "@headrace/documents";
import { CORPORA, CORPORA_FOLDER, type Corpus, documentsOf, type Question } from "./corpora.ts";

/** A man page that is shorter refers to another one. */
const MIN_PAGE_CHARS = 400;
const PAGES_AT_ONCE = 4;
/** `mandoc` writes bold and underlined letters as a typewriter does. */
const OVERSTRIKE = /.[\b]/gu;

for (const corpus of CORPORA) {
  const work = await Deno.makeTempDir({ prefix: "headrace-corpus-" });
  try {
    await Deno.remove(documentsOf(corpus.name), { recursive: true }).catch(() => {});
    const questions = corpus.npm === undefined
      ? await fetchManuals(corpus, work)
      : await fetchGuides(corpus, work);
    const path = `${CORPORA_FOLDER}${corpus.name}/questions.json`;
    await Deno.writeTextFile(path, JSON.stringify(questions, undefined, 1));
    console.log(`${corpus.name}: ${questions.length} documents with a question`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function fetchGuides({ name, npm = [] }: Corpus, work: string): Promise<Question[]> {
  const questions: Question[] = [];
  for (const { name: spec, folder } of npm) {
    const packed = (await run("npm", ["pack", "--silent", spec], work)).trim();
    const pack = spec.slice(0, spec.lastIndexOf("@"));
    await Deno.mkdir(`${work}/${pack}`);
    await run("tar", ["xzf", packed, "-C", pack], work);
    const root = `${work}/${pack}/package/${folder}`;
    for (const path of await listFiles(root)) {
      if (!/\.mdx?$/.test(path)) continue;
      const text = await Deno.readTextFile(`${root}/${path}`);
      const { frontMatter: { title, description }, blocks } = await readMarkdown([text]);
      await blocks.return();
      const kept = withoutDescription(text);
      const to = `${pack}/${path}`;
      await write(`${documentsOf(name)}/${to}`, kept);
      // A description that stands in the text as well would be found by itself.
      if (title === "" || description === "" || kept.includes(description)) continue;
      questions.push({ text: description, title, path: to, language: "en" });
    }
  }
  return onlyOnes(questions);
}

/** The field in front matter, with the lines that it goes on over. */
function withoutDescription(text: string): string {
  const end = text.startsWith("---\n") ? text.indexOf("\n---", 4) : -1;
  if (end === -1) return text;
  return text.slice(0, end + 1).replace(/^description:.*\n(?:[ \t].*\n)*/m, "") +
    text.slice(end + 1);
}

async function fetchManuals({ name, debian = {} }: Corpus, work: string): Promise<Question[]> {
  await run("apt-get", ["download", "--quiet", "mandoc", ...Object.values(debian)], work);
  await unpack(`${work}/mandoc_*.deb`, `${work}/tool`);
  const questions: Question[] = [];
  for (const [language, pack] of Object.entries(debian)) {
    await unpack(`${work}/${pack}_*.deb`, `${work}/${language}`);
    const man = `${work}/${language}/usr/share/man/${language === "en" ? "" : language}`;
    const paths = (await listFiles(man)).filter((path) => path.endsWith(".gz"));
    for (let at = 0; at < paths.length; at += PAGES_AT_ONCE) {
      const part = paths.slice(at, at + PAGES_AT_ONCE);
      const pages = await Promise.all(part.map((path) => readPage(man, path, work)));
      for (const page of pages) {
        if (page === undefined) continue;
        const { path, title, description, text } = page;
        await write(`${documentsOf(name)}/${language}/${path}`, text);
        if (!text.includes(description)) {
          questions.push({ text: description, title, path: `${language}/${path}`, language });
        }
      }
    }
  }
  return onlyOnes(questions);
}

interface Page {
  readonly path: string;
  readonly title: string;
  readonly description: string;
  readonly text: string;
}

/** A page as Markdown, without the section that says in a line what it is about. */
async function readPage(man: string, path: string, work: string): Promise<Page | undefined> {
  const command = `zcat "$1" | "$2" -T utf8 -O width=500 2>/dev/null`;
  const out = await run("sh", [
    "-c",
    command,
    "sh",
    `${man}/${path}`,
    `${work}/tool/usr/bin/mandoc`,
  ]);
  const lines = out.replace(OVERSTRIKE, "").split("\n").slice(1, -2);
  const sections = lines.map((line) => /^\S/.test(line) ? `## ${line}` : line.trim());
  const heads = sections.flatMap((line, at) => line.startsWith("## ") ? [at] : []);
  const [first = -1, second = sections.length] = heads;
  const about = sections.slice(first + 1, second).join(" ").trim();
  const [, title, description] = /^(.*?) (?:-|–|—|--) (.+)$/.exec(about) ?? [];
  const body = sections.slice(second).join("\n");
  if (first === -1 || title === undefined || description === undefined) return undefined;
  if (body.length < MIN_PAGE_CHARS) return undefined;
  const text = `# ${title}\n\n${body}\n`;
  return { path: path.replace(/\.gz$/, ".md"), title, description, text };
}

/** A question that several documents answer has no one right answer. */
function onlyOnes(questions: readonly Question[]): Question[] {
  const counts = new Map<string, number>();
  for (const { text } of questions) counts.set(text, (counts.get(text) ?? 0) + 1);
  return questions.filter(({ text }) => counts.get(text) === 1);
}

async function unpack(pattern: string, to: string): Promise<void> {
  await run("sh", ["-c", `dpkg-deb -x ${pattern} ${to}`]);
}

async function listFiles(root: string, folder = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${root}/${folder}`)) {
    if (isDirectory) paths.push(...await listFiles(root, `${folder}${name}/`));
    else if (isFile) paths.push(folder + name);
  }
  return paths.sort();
}

async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
}

async function run(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const options = cwd === undefined ? {} : { cwd };
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    ...options,
  })
    .output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
