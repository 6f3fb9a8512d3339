// Lists what is in the repository, by paths from its root.

import { ROOT } from "./process.ts";

/** All files under `folder`, which ends with a slash, sorted; none where it is missing. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readFolder(folder);
  const files = await Promise.all(
    entries.map(({ name, isDirectory }) => {
      return isDirectory ? listFiles(`${folder}${name}/`) : [folder + name];
    }),
  );
  return files.flat().sort();
}

/** Names of the folders right under `folder`, sorted; none where it is missing. */
export async function listFolders(folder: string): Promise<string[]> {
  const entries = await readFolder(folder);
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
}

async function readFolder(folder: string): Promise<Deno.DirEntry[]> {
  return await unlessMissing(Array.fromAsync(Deno.readDir(ROOT + folder))) ?? [];
}

/** Resolves as `reading`, with `undefined` where there is no such file or folder. */
export async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
