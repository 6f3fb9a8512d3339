/**
 * The part of `node:fs/promises` that checkpoints are written with.
 *
 * @module
 */

import { readProperty } from "../internal/thrown.ts";

/** What `sync` of a folder fails with on file systems that sync only files. */
const NOT_FOR_FOLDERS: ReadonlySet<unknown> = new Set(["EPERM", "EINVAL"]);

/** An open file. */
export interface FileHandle {
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a store of files needs of the file system. */
export interface FileSystem {
  open(path: string, flags: "r" | "wx"): Promise<FileHandle>;
  stat(path: string): Promise<{ readonly size: number }>;
  readFile(path: string, encoding: "utf8"): Promise<string>;
  readdir(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

// Not a literal, so that bundles for runtimes without files neither hold nor miss the module.
const MODULE: string = "node:fs/promises";

/** Loads the file system; rejects where the runtime has none. */
export async function loadFileSystem(): Promise<FileSystem> {
  try {
    // The cast: the module has these functions on every runtime that has files.
    return await import(MODULE) as FileSystem;
  } catch (cause) {
    throw new TypeError("fileStore needs a runtime with node:fs/promises", { cause });
  }
}

/** Whether the file does not exist. */
export function isMissing(error: unknown): boolean {
  return readProperty(error, "code") === "ENOENT";
}

/** Whether the file exists already. */
export function isTaken(error: unknown): boolean {
  return readProperty(error, "code") === "EEXIST";
}

/** Makes what was renamed, linked or removed in a folder last through a loss of power. */
export async function syncFolder(files: FileSystem, folder: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await files.open(folder, "r");
  } catch (error) {
    // Windows opens no folders; there, renames are written through.
    if (isMissing(error)) throw error;
    return;
  }
  try {
    await handle.sync();
  } catch (error) {
    if (!NOT_FOR_FOLDERS.has(readProperty(error, "code"))) throw error;
  } finally {
    await handle.close();
  }
}

/** Writes a new file and waits until it is on the disk; leaves nothing where that fails. */
export async function writeNewFile(files: FileSystem, path: string, text: string): Promise<void> {
  const handle = await files.open(path, "wx");
  try {
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await removeFile(files, path);
    throw error;
  }
}

/** Removes a file that may be gone already. */
export async function removeFile(files: FileSystem, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
