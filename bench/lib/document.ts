/** Writes figures into the documentation, between two marker comments. @module */

import { ROOT, runDeno } from "../../tools/process.ts";

const DOCUMENT = "docs/benchmarks.md";

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

/** Puts `content` into `docs/benchmarks.md`. */
export async function writeFigures(name: string, content: string): Promise<void> {
  const text = await Deno.readTextFile(ROOT + DOCUMENT);
  await writeFormatted(DOCUMENT, replaceMarked(text, name, content));
}

/** Writes a file, given from the repository's root, and formats it as the gate wants it. */
export async function writeFormatted(file: string, text: string): Promise<void> {
  await Deno.writeTextFile(ROOT + file, text);
  const { code, stderr } = await runDeno(["fmt", "--quiet", ROOT + file]);
  if (code !== 0) throw new Error(`Cannot format ${file}:\n${stderr}`);
}
