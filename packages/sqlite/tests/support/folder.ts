// Files of databases for a test, in a folder of their own.

import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase, type OpenedDatabase } from "@headrace/sqlite";

/** A folder with databases that are closed before it goes. */
export class Folder implements AsyncDisposable {
  readonly path: string;
  readonly #opened: OpenedDatabase[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes one. */
  static async create(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), "headrace-sqlite-")));
  }

  /** Path of a file in it. */
  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** A connection to a database in it. */
  async open(name = "test.db"): Promise<OpenedDatabase> {
    const database = await openDatabase(this.pathOf(name));
    this.#opened.push(database);
    return database;
  }

  /** The connection that was opened last. */
  get last(): OpenedDatabase {
    return this.#opened.at(-1)!;
  }

  /** Closes all connections. */
  closeAll(): void {
    for (const database of this.#opened.splice(0)) database.close();
  }

  /** What a crash leaves: the files as they are at this moment. */
  async copy(): Promise<Folder> {
    const copy = await Folder.create();
    for (const name of await readdir(this.path)) {
      if (!name.endsWith("-shm")) await copyFile(this.pathOf(name), copy.pathOf(name));
    }
    return copy;
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closeAll();
    await rm(this.path, { recursive: true });
  }
}
