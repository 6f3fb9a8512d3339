import type { BigIntStats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { holdsPosition, type LogPosition } from "./file_mark.ts";
import {
  codeOf,
  compareAge,
  isSameFile,
  isSameNode,
  listRotated,
  type RotatedFile,
  unlessMissing,
} from "./rotated_files.ts";

/** So many files are remembered that were read or seen, the last ones. */
const MAX_KNOWN = 1_000;
/** How often a file is looked for that was read before, and how long between, in milliseconds. */
const MAX_LOOKS = 10;
const LOOK_MS = 10;
/** No more files are held open; further ones are found by their names when it is their turn. */
const MAX_WAITING = 64;

/**
 * Goes from one file of a log to the next, without missing those that had the name in between. Each
 * is opened as soon as it is seen, so that it can be read also if it is gone by then.
 */
export class Rotation {
  readonly #path: string;
  readonly #trouble: (message: string) => void;
  /** Files of which nothing more is to be read: read already, or older than what is. */
  #known: readonly BigIntStats[] = [];
  readonly #waiting: FileHandle[] = [];
  #reading: FileHandle | undefined;
  /** The file that had the name last. It stays open, so that its number is given to no other. */
  #last: FileHandle | undefined;
  /** Why the log could not be read at the last look. */
  #said: string | undefined;
  /** The look that is under way: they come one after the other. */
  #looking: Promise<void> = Promise.resolve();

  private constructor(
    path: string,
    trouble: (message: string) => void,
  ) {
    this.#path = path;
    this.#trouble = trouble;
  }

  /** Begins with the file that has the name, or where a reader was before. */
  static async begin(
    path: string,
    trouble: (message: string) => void,
    from: LogPosition | undefined,
  ): Promise<Rotation> {
    const rotation = new Rotation(path, trouble);
    if (from === undefined) rotation.#forget(await listRotated(path));
    else await rotation.#resume(from);
    return rotation;
  }

  /** The next file in order; the one that was taken before is closed. */
  async take(): Promise<FileHandle | undefined> {
    const before = this.#reading;
    this.#reading = this.#waiting.shift();
    if (before !== this.#last) await before?.close();
    return this.#reading;
  }

  /** Whether there is something to read in a file behind the one that was taken. */
  async hasMore(): Promise<boolean> {
    const [next, ...others] = this.#waiting;
    return next !== undefined && (others.length > 0 || (await next.stat()).size > 0);
  }

  get hasNext(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Opens the files that are there behind the last one; where it `isLast`, also those that were
   * rotated while no file has the name. Why the log cannot be read is reported once.
   */
  look(isLast: boolean): Promise<void> {
    const looking = this.#looking.then(() => this.#look(isLast));
    this.#looking = looking.catch(() => {});
    return looking;
  }

  /**
   * Opens what the file that has the name was copied to before it was cut: the copy of what was read
   * up to a position, and those since, in order. The caller closes the files.
   */
  async openCopies(file: FileHandle, position: LogPosition): Promise<FileHandle[]> {
    if (!await this.#isNamed(await file.stat({ bigint: true }))) return [];
    const files = await listRotated(this.#path);
    const copies: FileHandle[] = [];
    for (const each of files.filter(({ isReadable }) => isReadable).toReversed()) {
      const first = await openIfHolds(each.path, position);
      const copy = first ??
        (this.#isKnown(each) ? undefined : await unlessForbidden(openFile(each.path)));
      if (copy !== undefined && copy !== "forbidden") copies.unshift(copy);
      if (first !== undefined) break;
    }
    this.#forget(files);
    return copies;
  }

  async close(): Promise<void> {
    await this.#looking;
    for (const file of new Set([this.#reading, ...this.#waiting, this.#last])) await file?.close();
  }

  async #resume(from: LogPosition): Promise<void> {
    let file: FileHandle | undefined;
    // It may be renamed while it is looked for.
    for (let look = 1; file === undefined && look <= MAX_LOOKS; look++) {
      if (look > 1) await setTimeout(LOOK_MS);
      file = await findFile(this.#path, from);
    }
    const rotated = await listRotated(this.#path);
    if (file === undefined) {
      this.#trouble("The file that was read last is gone: what was written to it since is lost");
      this.#forget(rotated.filter(({ stats }) => Number(stats.mtimeMs) <= from.mtimeMs));
      return;
    }
    const found = await file.stat({ bigint: true });
    const own = rotated.find(({ stats }) => isSameNode(stats, found));
    this.#forget(rotated.filter((each) => own === undefined || compareAge(each, own) < 0));
    this.#waiting.push(file);
    this.#last = file;
  }

  async #look(isLast: boolean): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING && !isLast) return;
    try {
      while (await this.#openNext(isLast) === "renamed");
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      this.#say(code);
    }
  }

  async #openNext(isLast: boolean): Promise<"renamed" | void> {
    const named = await unlessMissing(stat(this.#path, { bigint: true }));
    if (named !== undefined && !named.isFile()) this.#say("it is no file");
    const last = await this.#last?.stat({ bigint: true });
    const isThere = named?.isFile() === true;
    const isSame = isThere && last !== undefined && isSameNode(named, last);
    // The log can be read again: the next reason is reported, also if it is the same.
    if (isSame) this.#said = undefined;
    if (isSame || (!isThere && !isLast)) return;
    const opened: FileHandle[] = [];
    let unused = opened;
    try {
      const found = await this.#open(opened, last, isThere);
      if (found === "renamed") return found;
      unused = [];
      this.#waiting.push(...opened);
      if (found === undefined) return;
      this.#said = undefined;
      const before = this.#last;
      // A look may come while it is renamed, and not see it.
      if (last !== undefined) this.#known = [...this.#known, last];
      this.#last = found;
      const isFree = before !== this.#reading && !this.#waiting.includes(before!);
      if (isFree) await before?.close();
    } finally {
      for (const file of unused) await file.close();
    }
  }

  /** Opens those in between, the oldest first, then the current one; returns the latter. */
  async #open(
    opened: FileHandle[],
    last: BigIntStats | undefined,
    isThere: boolean,
  ): Promise<FileHandle | "renamed" | undefined> {
    const current = isThere ? await openFile(this.#path) : undefined;
    if (isThere && current === undefined) return "renamed";
    // At the end of the list when all is open, so that it is closed whatever fails before.
    if (current !== undefined) opened.push(current);
    const stats = await current?.stat({ bigint: true });
    const found = await listRotated(this.#path);
    const unknown = found.filter((file) => !this.#isKnown(file, last, stats));
    let lostCount = 0;
    for (const { path, stats: listed, isReadable } of unknown) {
      if (!isReadable) {
        // A compressed file has the time of the one that it was made from.
        if (last === undefined || listed.mtimeMs > last.mtimeMs) lostCount++;
        continue;
      }
      const file = await unlessForbidden(openFile(path));
      if (file === "forbidden") {
        lostCount++;
        continue;
      }
      if (file === undefined) return "renamed";
      opened.push(file);
      if (!isSameNode(await file.stat({ bigint: true }), listed)) return "renamed";
    }
    // Where the current file lost the name meanwhile, there may be others behind it.
    if (stats !== undefined && !await this.#isNamed(stats)) return "renamed";
    if (current !== undefined) opened.push(opened.shift()!);
    const isReplaced = last !== undefined && (stats !== undefined || unknown.length > 0);
    if (isReplaced && !found.some((file) => isSameNode(file.stats, last))) {
      this.#trouble("The log was replaced and the old file is gone: files in between may be lost");
    }
    if (lostCount > 0) {
      const reason = "compressed, renamed or not readable";
      this.#trouble(`${lostCount} rotated files were lost: ${reason}`);
    }
    this.#forget(found);
    return current;
  }

  #isKnown({ stats }: RotatedFile, ...read: readonly (BigIntStats | undefined)[]): boolean {
    return read.some((each) => each !== undefined && isSameNode(stats, each)) ||
      this.#known.some((each) => isSameFile(stats, each));
  }

  async #isNamed(stats: BigIntStats): Promise<boolean> {
    const now = await unlessMissing(stat(this.#path, { bigint: true }));
    return now !== undefined && isSameNode(now, stats);
  }

  /** Nothing more is to be read of these. */
  #forget(files: readonly RotatedFile[]): void {
    const known = files.map(({ stats }) => stats);
    this.#known = [...this.#known, ...known].slice(-Math.max(MAX_KNOWN, known.length));
  }

  #say(reason: string): void {
    if (reason === this.#said) return;
    this.#said = reason;
    this.#trouble(`The log cannot be read for now: ${reason}`);
  }
}

async function findFile(log: string, from: LogPosition): Promise<FileHandle | undefined> {
  const rotated = (await listRotated(log)).filter(({ isReadable }) => isReadable);
  const paths = [log, ...rotated.map(({ path }) => path).toReversed()];
  // Under its own number before others: a file may have been copied.
  for (const isOwn of [true, false]) {
    for (const path of paths) {
      const file = await openIfHolds(path, from, isOwn);
      if (file !== undefined) return file;
    }
  }
}

async function openIfHolds(
  path: string,
  position: LogPosition,
  isOwn = false,
): Promise<FileHandle | undefined> {
  const file = await unlessForbidden(openFile(path));
  if (file === undefined || file === "forbidden") return undefined;
  const { dev, ino } = await file.stat({ bigint: true });
  const isSame = String(dev) === position.dev && String(ino) === position.ino;
  // One of which nothing was read yet has nothing that it could be known by.
  const isCandidate = isOwn ? isSame : position.headLength > 0;
  if (isCandidate && await holdsPosition(file, position)) return file;
  await file.close();
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  // A directory can be opened too, and a pipe waits for its other end.
  if (!(await unlessMissing(stat(path)))?.isFile()) return undefined;
  const file = await unlessMissing(open(path));
  if (file === undefined || (await file.stat()).isFile()) return file;
  // It has taken the name in between.
  await file.close();
}

async function unlessForbidden<T>(promise: Promise<T>): Promise<T | "forbidden"> {
  try {
    return await promise;
  } catch (error) {
    if (["EACCES", "EPERM", "ELOOP"].includes(codeOf(error) ?? "")) return "forbidden";
    throw error;
  }
}
