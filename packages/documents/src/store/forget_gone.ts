import { requireKnown } from "../_options.ts";
import { lstat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { isIn, relativePath } from "../_paths.ts";
import type { DocumentStore } from "./document_store.ts";

/**
 * Which documents {@linkcode forgetGone} may forget.
 *
 * @category Stores
 */
export interface ForgetRequest {
  /** Where they are. */
  readonly store: DocumentStore;
  /** Absolute path of the folder that was embedded. */
  readonly folder: string;
  /** Whether the run was about this path, relative to the folder, with `/` between segments. */
  readonly matches: (path: string) => boolean;
  /** Called with the path of each document that is forgotten. @default none */
  readonly deleted?: ((path: string) => void) | undefined;
  /** Ends the work. */
  readonly signal: AbortSignal;
}

/**
 * Forgets the documents that are gone from the folder, and those that were moved into it from
 * elsewhere: that is when half of their folder exists there, and at least one of them has not
 * changed. Others that are gone are kept: a folder may have been unmounted.
 *
 * @param request The store and the folder that it has been brought up to date with.
 * @category Stores
 *
 * @example A file that was deleted
 * ```ts
 * import { matchFiles } from "@headrace/documents/files";
 * import { forgetGone, SqliteDocumentStore } from "@headrace/documents/store";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   using store = new SqliteDocumentStore(`${folder}/store.db`, "tiny");
 *   const place = { path: `${folder}/gone.md`, hash: "1", position: 0, headings: [], last: true };
 *   store.save([{ ...place, text: "mill", input: "1", vector: Float32Array.of(1) }]);
 *
 *   const { signal } = new AbortController();
 *   await forgetGone({ store, folder, matches: matchFiles("**\/*.md"), signal });
 *   assertEquals(store.count().documents, 0);
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function forgetGone(request: ForgetRequest): Promise<void> {
  requireKnown("forgetGone", request, ["store", "folder", "matches", "deleted", "signal"]);
  const { store, folder, matches, deleted, signal } = request;
  const lost = new Map<string, string[]>();
  for await (const path of store.paths()) {
    signal.throwIfAborted();
    const inFolder = isIn(folder, path);
    if (inFolder && !matches(relativePath(folder, path))) continue;
    if (!await isGone(path)) continue;
    if (inFolder) {
      await store.deleteDocument(path);
      deleted?.(path);
    } else {
      const top = await topmostGone(path);
      const paths = lost.get(top);
      if (paths === undefined) lost.set(top, [path]);
      else paths.push(path);
    }
  }
  for (const [top, paths] of lost) {
    if (!await wasMoved(store, folder, top, paths)) continue;
    for (const path of paths) {
      await store.deleteDocument(path);
      deleted?.(path);
    }
  }
}

/** A folder was moved when half of its files exist there, and at least one has not changed. */
async function wasMoved(
  store: DocumentStore,
  folder: string,
  top: string,
  paths: readonly string[],
): Promise<boolean> {
  let sameCount = 0;
  let foundCount = 0;
  for (const path of paths) {
    const isSame = await store.hasCopyIn(folder, path);
    if (isSame) sameCount++;
    if (isSame || await store.has(join(folder, relative(top, path)))) foundCount++;
  }
  return sameCount > 0 && foundCount * 2 >= paths.length;
}

async function topmostGone(path: string): Promise<string> {
  let top = path;
  while (await findKind(dirname(top)) === "none") top = dirname(top);
  return top;
}

/** A folder with the name of a document is none. */
async function isGone(path: string): Promise<boolean> {
  return await findKind(path) !== "file";
}

/** Only a sure answer counts: a folder that cannot be looked into has not lost its files. */
async function findKind(path: string): Promise<"file" | "folder" | "none"> {
  try {
    return (await lstat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    return code === "ENOENT" || code === "ENOTDIR" ? "none" : "file";
  }
}
