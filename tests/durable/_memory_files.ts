// A file system in memory for the store of files: it counts its calls, and can die at any of them.

import type { FileHandle, FileSystem } from "../../src/durable/_file_system.ts";

/** What ends a process at a call: the call and all later ones never return. */
export class Killed extends Error {
  override readonly name = "Killed";
}

/** The files, and what should go wrong. */
export class MemoryFiles implements FileSystem {
  readonly texts: Map<string, string>;
  readonly sep = "/";
  /** How many calls were made. */
  calls = 0;
  /** The call at which the process is killed, before the call has any effect. */
  killAt: number = Infinity;
  /** Thrown by each write while it is set. */
  writeError: Error | undefined;
  /** How many characters there is room for, in all files. */
  room: number = Infinity;
  /** Thrown when a folder is opened, while it is set. */
  folderError: Error | undefined;

  constructor(texts: Map<string, string> = new Map()) {
    this.texts = texts;
  }

  open(path: string, flags: "r" | "wx"): Promise<FileHandle> {
    return this.#call(() => {
      if (flags === "wx") {
        if (this.texts.has(path)) throw createFileError("EEXIST", path);
        this.texts.set(path, "");
      } else if (this.folderError !== undefined) throw this.folderError;
      return {
        writeFile: (text) =>
          this.#call(() => {
            if (this.writeError !== undefined) {
              this.texts.set(path, text.slice(0, 10));
              throw this.writeError;
            }
            const used = [...this.texts.values()].reduce((sum, { length }) => sum + length, 0);
            if (used + text.length > this.room) throw createFileError("ENOSPC", "no space left");
            this.texts.set(path, text);
          }),
        sync: () => this.#call(() => {}),
        close: () => this.#call(() => {}),
      };
    });
  }

  stat(path: string): Promise<{ readonly size: number; isFile(): boolean }> {
    return this.#call(() => ({ size: this.#text(path).length, isFile: () => true }));
  }

  readFile(path: string): Promise<string> {
    return this.#call(() => this.#text(path));
  }

  readdir(): Promise<string[]> {
    return this.#call(() => [...this.texts.keys()]);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call(() => {
      this.texts.set(to, this.#text(from));
      this.texts.delete(from);
    });
  }

  link(existing: string, path: string): Promise<void> {
    return this.#call(() => {
      if (this.texts.has(path)) throw createFileError("EEXIST", path);
      this.texts.set(path, this.#text(existing));
    });
  }

  unlink(path: string): Promise<void> {
    return this.#call(() => {
      if (!this.texts.delete(path)) throw createFileError("ENOENT", path);
    });
  }

  #text(path: string): string {
    const text = this.texts.get(path);
    if (text === undefined) throw createFileError("ENOENT", path);
    return text;
  }

  async #call<T>(act: () => T): Promise<T> {
    await Promise.resolve();
    if (++this.calls >= this.killAt) throw new Killed(`at call ${this.calls}`);
    return act();
  }
}

export function createFileError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
