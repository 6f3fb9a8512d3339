/** Writes figures into the documentation, between two marker comments. @module */

import { ROOT, runDeno, succeed } from "../../tools/process.ts";

/** Where the pages are. */
export const DOCS: string = `${ROOT}docs`;

/** The page that is read, and the one with all tables. */
export type Page = "benchmarks.md" | "benchmarks_tables.md";

/**
 * `text` with whatever stands between `<!-- name -->` and `<!-- /name -->` replaced by `content`.
 *
 * @throws {Error} If the two markers do not stand there once each, in this order.
 */
export function replaceMarked(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  const isOnce = start === text.lastIndexOf(open) && end === text.lastIndexOf(close);
  if (start === -1 || end < start || !isOnce) {
    throw new Error(
      `Cannot write "${name}": the document must have ${open} and then ${close} once`,
    );
  }
  return `${text.slice(0, start + open.length)}\n\n${content.trim()}\n\n${text.slice(end)}`;
}

/** Puts `content` into a page of `folder`, which begins as a copy of that in `docs/`. */
export async function writeFigures(
  folder: string,
  page: Page,
  name: string,
  content: string,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const text = await readPage(`${folder}/${page}`, page);
  await writeFormatted(`${folder}/${page}`, replaceMarked(text, name, content));
}

/** Writes a file and formats it as the gate wants it. */
export async function writeFormatted(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text);
  const args = ["fmt", "--quiet", "--config", `${ROOT}deno.json`, path];
  await succeed(`Cannot format ${path}`, runDeno(args));
}

/**
 * @throws {RangeError} If a part is to go into the pages of this repository, which show the whole.
 */
export function requireWhole(isPart: boolean, folder: string, flags: string): void {
  if (!isPart || folder !== DOCS) return;
  throw new RangeError(`Cannot --write a part: leave out ${flags}, or name a folder with --docs`);
}

async function readPage(path: string, page: Page): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await Deno.readTextFile(`${DOCS}/${page}`);
  }
}
