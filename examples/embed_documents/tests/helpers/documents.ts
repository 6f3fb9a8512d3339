import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const WORDS =
  "river water mill wheel channel gate stone flow level stream valley bridge field summer winter morning paper letter market harbour sailor island garden window kitchen village forest animal silver copper engine signal number picture"
    .split(" ");

/** Words that are always the same for the same number: sentences of about 60 characters. */
export function writeText(seed: number, length: number): string {
  let text = "";
  let state = seed * 2_654_435_761 + 1;
  for (let sentence = 0; text.length < length; sentence++) {
    const words: string[] = [];
    for (let word = 0; word < 9; word++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      words.push(WORDS[state % WORDS.length] ?? "");
    }
    text += `${words.join(" ")}.${sentence % 6 === 5 ? "\n\n" : " "}`;
  }
  return text.slice(0, length).trimEnd();
}

/** A document of some 2,000 characters with front matter and headings. */
export function writeDocument(seed: number): string {
  return [
    `---\ntitle: Report ${seed}\ntags: [report, n${seed}]\n---\n`,
    `# Report ${seed}\n\n${writeText(seed, 400)}\n`,
    `## Findings\n\n${writeText(seed + 1, 900)}\n`,
    `## Outlook\n\n${writeText(seed + 2, 700)}\n`,
  ].join("\n");
}

/** Writes documents into folders of a hundred. */
export async function generateDocuments(folder: string, count: number): Promise<void> {
  for (let start = 0; start < count; start += 100) {
    const directory = join(folder, `part ${start / 100}`);
    await mkdir(directory, { recursive: true });
    for (let seed = start; seed < Math.min(start + 100, count); seed++) {
      await writeFile(join(directory, `report ${seed}.md`), writeDocument(seed));
    }
  }
}
