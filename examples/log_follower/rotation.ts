import type { BigIntStats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import {
  codeOf,
  isSameFile,
  isSameNode,
  listRotated,
  type RotatedFile,
  unlessMissing,
} from "./rotated_files.ts";

/** Files to read, in this order. */
export interface OpenedFiles {
  /** Those that had the name of the log between the last one and the current one, oldest first. */
  readonly between: readonly FileHandle[];
  /** The file that has the name. */
  readonly current: FileHandle | undefined;
}

/** Goes from one file of a log to the next, without missing those that had the name in between. */
export class Rotation {
  readonly #path: string;
  readonly #trouble: (message: string) => void;
  /** Files of which nothing more is to be read: read already, or older than the follower. */
  #known: readonly RotatedFile[];
  #open: FileHandle[] = [];
  /** The last current file. It stays open, so that its number is not given to another file. */
  #last: FileHandle | undefined;

  private constructor(
    path: string,
    trouble: (message: string) => void,
    known: readonly RotatedFile[],
  ) {
    this.#path = path;
    this.#trouble = trouble;
    this.#known = known;
  }

  static async begin(path: string, trouble: (message: string) => void): Promise<Rotation> {
    return new Rotation(path, trouble, await listRotated(path));
  }

  /** Opens what comes next. Resolves with nothing where no file has the name and `isLast` is off. */
  async openNext(isLast: boolean): Promise<OpenedFiles | undefined> {
    while (true) {
      const opened: FileHandle[] = [];
      let unused = opened;
      try {
        const next = await this.#tryOpen(opened, isLast);
        if (next === "renamed") continue;
        if (next !== undefined) {
          unused = this.#open;
          [this.#open, this.#last] = [opened, next.current];
        }
        return next;
      } finally {
        await closeAll(unused);
      }
    }
  }

  async close(): Promise<void> {
    await closeAll(this.#open);
  }

  async #tryOpen(
    opened: FileHandle[],
    isLast: boolean,
  ): Promise<OpenedFiles | "renamed" | undefined> {
    const last = await this.#last?.stat({ bigint: true });
    const current = await openInto(opened, this.#path);
    const stats = await current?.stat({ bigint: true });
    if (stats === undefined && !isLast) return undefined;
    const found = await listRotated(this.#path);
    const unknown = found.filter((file) => !this.#isKnown(file, last, stats));
    const between: FileHandle[] = [];
    const unread: RotatedFile[] = [];
    for (const file of unknown) {
      if (!file.isReadable) {
        // A compressed file has the time of the one that it was made from.
        if (last === undefined || file.stats.mtimeMs > last.mtimeMs) unread.push(file);
        continue;
      }
      const handle = await unlessForbidden(openInto(opened, file.path));
      if (handle === "forbidden") {
        unread.push(file);
        continue;
      }
      const now = await handle?.stat({ bigint: true });
      if (now === undefined || !isSameNode(now, file.stats)) return "renamed";
      between.push(handle!);
    }
    // Where the current file lost the name meanwhile, there may be others behind it.
    if (stats !== undefined && !await this.#isNamed(stats)) return "renamed";
    const isReplaced = last !== undefined && (stats !== undefined || unknown.length > 0);
    if (isReplaced && !found.some((file) => isSameNode(file.stats, last))) {
      this.#trouble("The log was replaced and the old file is gone: files in between may be lost");
    }
    if (unread.length > 0) {
      const reason = "compressed, renamed or not readable";
      this.#trouble(`${unread.length} rotated files were lost: ${reason}`);
    }
    this.#known = found;
    return { between, current };
  }

  #isKnown({ stats }: RotatedFile, ...read: readonly (BigIntStats | undefined)[]): boolean {
    return read.some((each) => each !== undefined && isSameNode(stats, each)) ||
      this.#known.some((each) => isSameFile(stats, each.stats));
  }

  async #isNamed(stats: BigIntStats): Promise<boolean> {
    const now = await unlessMissing(stat(this.#path, { bigint: true }));
    return now !== undefined && isSameNode(now, stats);
  }
}

async function openInto(opened: FileHandle[], path: string): Promise<FileHandle | undefined> {
  // A directory can be opened too, and a pipe waits for its other end.
  if (!(await unlessMissing(stat(path)))?.isFile()) return undefined;
  const file = await unlessMissing(open(path));
  if (file !== undefined) opened.push(file);
  return file;
}

async function unlessForbidden<T>(promise: Promise<T>): Promise<T | "forbidden"> {
  try {
    return await promise;
  } catch (error) {
    if (["EACCES", "EPERM"].includes(codeOf(error) ?? "")) return "forbidden";
    throw error;
  }
}

async function closeAll(files: readonly FileHandle[]): Promise<void> {
  for (const file of files) await file.close();
}
