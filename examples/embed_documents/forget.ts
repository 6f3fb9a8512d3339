import { lstat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { errorCode } from "./errors.ts";
import { isIn, type VectorStore } from "./store.ts";

/** Which documents may be forgotten. */
export interface ForgetRequest {
  readonly store: VectorStore;
  /** Absolute path of the folder that was embedded. */
  readonly folder: string;
  /** Whether the run was about this path, relative to the folder, with `/` between segments. */
  readonly matches: (path: string) => boolean;
  /** Told of each document that is forgotten. */
  readonly deleted: () => void;
  readonly signal: AbortSignal;
}

/**
 * Forgets the documents that are gone from the folder, and those that were moved into it from
 * elsewhere. Others that are gone are kept: a folder may have been unmounted.
 */
export async function forgetGone(
  { store, folder, matches, deleted, signal }: ForgetRequest,
): Promise<void> {
  const lost = new Map<string, string[]>();
  for (const path of store.paths()) {
    signal.throwIfAborted();
    const inFolder = isIn(folder, path);
    if (inFolder && !matches(relative(folder, path).replaceAll(sep, "/"))) continue;
    if (!await isGone(path)) continue;
    if (inFolder) {
      store.deleteDocument(path);
      deleted();
    } else {
      const top = await topmostGone(path);
      const paths = lost.get(top);
      if (paths === undefined) lost.set(top, [path]);
      else paths.push(path);
    }
  }
  for (const [top, paths] of lost) {
    if (!wasMoved(store, folder, top, paths)) continue;
    for (const path of paths) {
      store.deleteDocument(path);
      deleted();
    }
  }
}

/** A folder was moved when half of its files are there, and one at least has not changed. */
function wasMoved(
  store: VectorStore,
  folder: string,
  top: string,
  paths: readonly string[],
): boolean {
  let sameCount = 0;
  let foundCount = 0;
  for (const path of paths) {
    const isSame = store.hasCopyIn(folder, path);
    if (isSame) sameCount++;
    if (isSame || store.has(join(folder, relative(top, path)))) foundCount++;
  }
  return sameCount > 0 && foundCount * 2 >= paths.length;
}

async function topmostGone(path: string): Promise<string> {
  let top = path;
  while (await isGone(dirname(top))) top = dirname(top);
  return top;
}

/** Only a sure answer counts: a folder that cannot be looked into has not lost its files. */
async function isGone(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR";
  }
}
