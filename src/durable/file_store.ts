import { requireText } from "../internal/validation.ts";
import { randomHex } from "../internal/random.ts";
import type { Acquired, CheckpointStore } from "./checkpoint_store.ts";
import { createFenced, createUnreadable } from "./_errors.ts";
import {
  discardFile,
  type FileSystem,
  findFileSystem,
  isMissing,
  isTaken,
  removeFile,
  syncFolder,
  writeNewFile,
} from "./_file_system.ts";
import { readRecord, type StoredRecord, writeRecord } from "./_record.ts";

/** More than any checkpoint that is written has: a larger file is none. */
const MAX_FILE_BYTES = 2 ** 29;

/** What is wrong with a folder, or with a link to what is not there. */
const NO_FILE = "it is no file";

/** How the names of files end that are not in their place yet. */
const DRAFT = ".draft";

/**
 * Keeps the checkpoints of one job in files beside each other: `path` followed by the number of the
 * job's owner, such as `ingest.checkpoint.3`. The one with the highest number counts.
 *
 * A checkpoint is written to a file of its own, on the disk before it takes the place of the one
 * before, so that a crash at any moment leaves one or the other. A file that was cut or changed is
 * refused with its name. A new owner claims its number by creating a file that must not exist, so
 * that of two processes one has the job; the other's next save is refused with `FENCED`.
 *
 * It takes `node:fs/promises`, which Deno, Bun and Node have, when it is first used. The folder must
 * exist and be on a file system with hard links; nothing is opened between two calls.
 *
 * @param path The files' path without the number.
 * @returns The store, for one job.
 * @throws {TypeError} If `path` is not a non-empty string.
 * @category Durable runs
 *
 * @example A store in a file
 * ```ts
 * import { fileStore } from "@headrace/pipeline/durable";
 * import { assertEquals } from "@std/assert";
 *
 * const store = fileStore("ingest.checkpoint");
 *
 * assertEquals(typeof store.acquire, "function");
 * ```
 */
export function fileStore(path: string): CheckpointStore {
  requireText({ operator: "fileStore" }, "path", path);
  return new FileStore(path, findFileSystem);
}

/** The store over a file system. */
export class FileStore implements CheckpointStore {
  readonly #path: string;
  readonly #find: () => FileSystem;
  #files: FileSystem | undefined;
  /** Where the files are: empty, or with a separator after it. */
  #folder = "";
  /** The fences that were given back. */
  readonly #released: Set<number> = new Set();

  constructor(path: string, find: () => FileSystem) {
    this.#path = path;
    this.#find = find;
  }

  async acquire(id: string): Promise<Acquired> {
    const files = this.#open();
    // A job that is refused has not taken the files from the one that they belong to.
    await this.#readLast(files, id, Infinity);
    const fence = await this.#claim(files, id);
    let saved: string | undefined;
    try {
      await syncFolder(files, this.#folder);
      // Drafts of those that were killed take the room that is needed now.
      await this.#removeBefore(files, fence + 1, DRAFT);
      // What the owner before has saved until now counts; what it saves from now on is refused.
      saved = await this.#readLast(files, id, fence);
      const isOwner = await this.#publish(files, { id, fence, saved: saved ?? null });
      if (!isOwner) return { saved, fence };
    } catch (error) {
      // Nothing older was removed: without the claim, all is as it was.
      await discardFile(files, this.#fileOf(fence));
      throw error;
    }
    await this.#removeBefore(files, fence, "");
    return { saved, fence };
  }

  async save(id: string, saved: string, fence: number): Promise<void> {
    const files = this.#open();
    await this.#requireLast(files, id, fence);
    if (!await this.#publish(files, { id, fence, saved })) throw createFenced(id, fence);
    // A claim that came before the file was in its place may not have seen it.
    await this.#requireLast(files, id, fence);
  }

  release(_id: string, fence: number): Promise<void> {
    this.#released.add(fence);
    return Promise.resolve();
  }

  #open(): FileSystem {
    const files = this.#files ??= this.#find();
    const end = Math.max(this.#path.lastIndexOf("/"), this.#path.lastIndexOf(files.sep));
    this.#folder = this.#path.slice(0, end + 1);
    return files;
  }

  /** Takes the next number, which no other process has then. */
  async #claim(files: FileSystem, id: string): Promise<number> {
    for (;;) {
      const [latest = 0] = await this.#listFences(files);
      const fence = latest + 1;
      const draft = this.#draftOf(fence);
      await writeNewFile(files, draft, writeRecord({ id, fence }));
      try {
        await files.link(draft, this.#fileOf(fence));
        return fence;
      } catch (error) {
        // The draft is gone if another owner has taken the number since, and has cleaned up.
        if (!isTaken(error) && !isMissing(error)) throw error;
      } finally {
        await removeFile(files, draft);
      }
    }
  }

  /** What the last owner before has saved; a claim alone holds nothing, and older ones count. */
  async #readLast(files: FileSystem, id: string, before: number): Promise<string | undefined> {
    const missing = new Set<number>();
    for (;;) {
      const known = missing.size;
      for (const fence of await this.#listFences(files)) {
        if (fence >= before) continue;
        const record = await this.#read(files, id, fence);
        if (record?.saved !== undefined) return record.saved ?? undefined;
        if (record !== undefined) continue;
        if (missing.has(fence)) this.#refuse(id, fence, NO_FILE);
        missing.add(fence);
      }
      // Otherwise another owner has removed what it has taken over.
      if (missing.size === known) return undefined;
    }
  }

  /** A record; absent where a later owner has removed it. */
  async #read(files: FileSystem, id: string, fence: number): Promise<StoredRecord | undefined> {
    const path = this.#fileOf(fence);
    let text: string;
    try {
      const found = await files.stat(path);
      if (!found.isFile()) this.#refuse(id, fence, NO_FILE);
      if (found.size > MAX_FILE_BYTES) this.#refuse(id, fence, `it has ${found.size} bytes`);
      text = await files.readFile(path, "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    const record = readRecord(text);
    if (typeof record === "string") this.#refuse(id, fence, record);
    if (record.id === id && record.fence === fence) return record;
    // Nothing is to be removed: the files are another job's, or the true one is beside its copy.
    const problem = record.id === id
      ? `a copy of ${this.#fileOf(record.fence)}; move it away`
      : `of the job ${JSON.stringify(record.id)}; give each its own path`;
    throw createUnreadable(id, `${path} is ${problem}`);
  }

  #refuse(id: string, fence: number, why: string): never {
    const advice = "Put a copy back, or remove all files of that name to begin anew";
    throw createUnreadable(id, `${why}, in ${this.#fileOf(fence)}. ${advice}`);
  }

  /**
   * Puts a record in the place of this owner's last one, atomically; false where a later owner has
   * removed its draft.
   */
  async #publish(files: FileSystem, record: StoredRecord): Promise<boolean> {
    const draft = this.#draftOf(record.fence);
    await writeNewFile(files, draft, writeRecord(record));
    try {
      await files.rename(draft, this.#fileOf(record.fence));
    } catch (error) {
      if (isMissing(error)) return false;
      await discardFile(files, draft);
      throw error;
    }
    await syncFolder(files, this.#folder);
    return true;
  }

  /** Removes files of owners with a lower number, whose names end so. */
  async #removeBefore(files: FileSystem, fence: number, end: string): Promise<void> {
    for (const name of await this.#list(files)) {
      const isOlder = this.#fenceOf(name) < fence && name.endsWith(end);
      if (isOlder) await removeFile(files, this.#folder + name);
    }
  }

  async #requireLast(files: FileSystem, id: string, fence: number): Promise<void> {
    const [latest] = await this.#listFences(files);
    if (latest !== fence || this.#released.has(fence)) throw createFenced(id, fence);
  }

  /** The numbers of the owners that have files, the last one first. */
  async #listFences(files: FileSystem): Promise<number[]> {
    const names = (await this.#list(files)).filter((name) => !name.endsWith(DRAFT));
    return names.map((name) => this.#fenceOf(name)).filter((fence) => fence > 0).sort((a, b) =>
      b - a
    );
  }

  #list(files: FileSystem): Promise<string[]> {
    return files.readdir(this.#folder || ".");
  }

  /** The number in a file's name, also in that of a draft; `NaN` for other files. */
  #fenceOf(name: string): number {
    const start = `${this.#path.slice(this.#folder.length)}.`;
    if (!name.startsWith(start)) return NaN;
    const match = /^([1-9]\d{0,14})(?:\.[0-9a-f]+\.draft)?$/.exec(name.slice(start.length));
    return Number(match?.[1]);
  }

  #fileOf(fence: number): string {
    return `${this.#path}.${fence}`;
  }

  #draftOf(fence: number): string {
    return `${this.#path}.${fence}.${randomHex(8)}${DRAFT}`;
  }
}
