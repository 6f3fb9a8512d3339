/**
 * The part of `node:fs/promises` that checkpoints are written with.
 *
 * @module
 */

import { messageOf, readProperty } from "../internal/thrown.ts";

/**
 * What `open` and `sync` of a folder fail with where only files can be opened, or synced. Windows is
 * such; there, renames are written through.
 */
const NOT_FOR_FOLDERS = /^E(PERM|INVAL|ACCES|ISDIR)$/;

/** An open file. */
export interface FileHandle {
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a store of files needs of the file system. */
export interface FileSystem {
  /** What separates the names of a path, beside a slash: a backslash, on Windows alone. */
  readonly sep: string;
  open(path: string, flags: "r" | "wx"): Promise<FileHandle>;
  stat(path: string): Promise<{ readonly size: number; isFile(): boolean }>;
  readFile(path: string, encoding: "utf8"): Promise<string>;
  readdir(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

const MODULE = "node:fs/promises";

/** What Deno, Bun and Node have. */
interface Builtins {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

/**
 * Finds the file system; throws where the runtime has none. Not by an import: a bundle for a runtime
 * without files would miss the module, and webpack leaves out what is imported by a variable.
 */
export function findFileSystem(): FileSystem {
  const { process } = globalThis as Builtins;
  // The casts: the modules have these on every runtime that has files.
  const files = process?.getBuiltinModule?.(MODULE) as FileSystem | undefined;
  if (files === undefined) throw new TypeError(`fileStore needs a runtime with ${MODULE}`);
  const { sep } = process!.getBuiltinModule!("node:path") as { readonly sep: string };
  return { ...files, sep };
}

/** Whether the file does not exist. */
export function isMissing(error: unknown): boolean {
  return readProperty(error, "code") === "ENOENT";
}

/** Whether the file exists already. */
export function isTaken(error: unknown): boolean {
  return readProperty(error, "code") === "EEXIST";
}

/** Writes a folder to the disk, so that its renames, links and removals survive a loss of power. */
export async function syncFolder(files: FileSystem, folder: string): Promise<void> {
  try {
    const handle = await files.open(folder || ".", "r");
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    // The cast: the system's errors have one.
    if (!NOT_FOR_FOLDERS.test(readProperty(error, "code") as string)) throw error;
  }
}

/** Writes a new file and waits until it is on the disk; leaves nothing where that fails. */
export async function writeNewFile(files: FileSystem, path: string, text: string): Promise<void> {
  const handle = await files.open(path, "wx");
  try {
    await handle.writeFile(text).then(() => handle.sync()).finally(() => handle.close());
  } catch (cause) {
    await discardFile(files, path);
    const code = readProperty(cause, "code");
    if (code === undefined) throw cause;
    // What the system says of an open file has no path.
    const message = `Cannot write ${path}: ${messageOf(cause)}`;
    throw Object.assign(new Error(message, { cause }), { code });
  }
}

/** Removes a file after a failure: that of the removal is not reported, as the first is the root. */
export async function discardFile(files: FileSystem, path: string): Promise<void> {
  await removeFile(files, path).catch(() => {});
}

/** Removes a file that may be gone already. */
export async function removeFile(files: FileSystem, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
