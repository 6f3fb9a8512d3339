import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const NOTES = 50;
const PARAGRAPHS = 20;
const WORDS = "water wheel mill stone gate river channel bridge field miller grain flour".split(
  " ",
);

/** Writes notes of twenty paragraphs, always the same ones. */
export async function writeNotes(folder: string, count: number = NOTES): Promise<void> {
  for (let note = 0; note < count; note++) {
    const paragraphs = Array.from({ length: PARAGRAPHS }, (_, at) => writeParagraph(note, at));
    const name = `${String(note).padStart(3, "0")}.md`;
    await writeFile(join(folder, name), `${paragraphs.join("\n\n")}\n`);
  }
}

function writeParagraph(note: number, at: number): string {
  const length = 5 + ((note + at) % 7);
  const words = Array.from(
    { length },
    (_, word) => WORDS[(note * at + word * word) % WORDS.length],
  );
  return `${words.join(" ")}.`;
}
