/** The work on one item: the same in all five programs. */

import { isUtf8 } from "node:buffer";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LiveItems } from "./live_items.ts";

/** A file and its text. */
export interface Note {
  readonly path: string;
  readonly text: string;
}

/** A paragraph of a note. */
export interface Chunk {
  readonly path: string;
  readonly text: string;
}

/** How often each word is in a chunk: its lexical vector. */
export interface WordVector {
  readonly counts: ReadonlyMap<string, number>;
}

/** The paths of the notes in a folder, in the order of the alphabet. */
export async function listPaths(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(".md")).sort().map((name) => join(folder, name));
}

export async function readNote(path: string, live: LiveItems): Promise<Note> {
  const found = await stat(path);
  // A pipe waits for a writer when it is opened, and a device may have no end.
  if (!found.isFile() && !found.isDirectory()) {
    throw Object.assign(new Error("A note must be a file"), { code: "NOT_A_FILE" });
  }
  const bytes = await readFile(path);
  // Two words could become one.
  if (!isUtf8(bytes)) throw Object.assign(new Error("A note must be UTF-8"), { code: "NOT_UTF8" });
  return live.add({ path, text: bytes.toString() });
}

export function splitNote({ path, text }: Note, live: LiveItems): Chunk[] {
  const paragraphs = text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== "");
  return paragraphs.map((paragraph) => live.add({ path, text: paragraph }));
}

export async function countWords({ text }: Chunk, live: LiveItems): Promise<WordVector> {
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const vector = live.add({ counts });
  await live.measureNowAndThen();
  return vector;
}
