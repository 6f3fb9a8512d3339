import type { BigIntStats } from "node:fs";
import { type FileHandle, stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import { isMadeFrom, type LogPosition } from "./file_mark.ts";
import { KnownFiles } from "./known_files.ts";
import { settle } from "./packed_file.ts";
import {
  findLog,
  type FoundLog,
  openIfAllowed,
  openIfHolds,
  type OpenLog,
  openLog,
  unlessForbidden,
} from "./open_log.ts";
import {
  codeOf,
  compareAge,
  isSameNode,
  joinNames,
  listRotated,
  type RotatedFile,
  unlessMissing,
} from "./rotated_files.ts";

/** How often a file is looked for that was read before, and how long between, in milliseconds. */
const MAX_LOOKS = 10;
const LOOK_MS = 10;
/** No more files are held open; others are found by their names when it is their turn. */
const MAX_WAITING = 64;
const SECOND = 1_000n;

/** What is said of a log that was cut, and of which there is no whole copy. */
export const CUT_SHORT = "The log was cut short: what was written right before that may be lost";

/** What a {@linkcode Rotation} is made with. */
export interface RotationOptions {
  /** Called with a sentence when the log cannot be read, or when bytes may have been lost. */
  readonly trouble: (message: string) => void;
  /** Aborted when the log is given up: nothing is waited for any more. */
  readonly signal: AbortSignal;
}

/**
 * Goes from one file of a log to the next, without missing those that had the name in between. Each
 * is opened as soon as it is seen, so that it can be read even if it is gone later.
 */
export class Rotation {
  readonly #path: string;
  readonly #trouble: (message: string) => void;
  readonly #signal: AbortSignal;
  readonly #known: KnownFiles = new KnownFiles();
  readonly #waiting: OpenLog[] = [];
  #reading: OpenLog | undefined;
  /** The file that had the name last. It stays open, so that its number is given to no other. */
  #last: OpenLog | undefined;
  /** The same, where what was made of it by compressing was found. */
  #packed: OpenLog | undefined;
  /** How much of the first file was read before. */
  #start = 0;
  /** Why the log could not be read at the last look. */
  #said: string | undefined;
  /** The look that is under way: they come one after the other. */
  #looking: Promise<void> = Promise.resolve();

  private constructor(path: string, { trouble, signal }: RotationOptions) {
    this.#path = path;
    this.#trouble = trouble;
    this.#signal = signal;
  }

  /** Begins with the file that has the name, or where a reader was before. */
  static async begin(
    path: string,
    options: RotationOptions,
    from: LogPosition | undefined,
  ): Promise<Rotation> {
    const rotation = new Rotation(path, options);
    if (from === undefined) await rotation.#forgetAll();
    else await rotation.#resume(from);
    return rotation;
  }

  /**
   * The next file in order, and where to begin in it; the one that was taken before is closed. What was
   * made of a file that was read is left out.
   */
  async take(): Promise<{ readonly log: OpenLog; readonly start: number } | undefined> {
    const start = this.#start;
    this.#start = 0;
    do {
      const before = this.#reading;
      this.#reading = this.#waiting.shift();
      if (before !== undefined && before !== this.#last) await this.#close(before);
    } while (this.#reading !== undefined && start === 0 && await this.#wasRead(this.#reading));
    return this.#reading && { log: this.#reading, start };
  }

  /** Whether there is something to read in a file after the one that was taken. */
  async hasMore(): Promise<boolean> {
    const [next, ...others] = this.#waiting;
    return next !== undefined && (others.length > 0 || (await next.file.stat()).size > 0);
  }

  get hasNext(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Opens the files that come after the last one; where it `isLast`, also those that were rotated
   * while no file has the name. Why the log cannot be read is reported once.
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
  async openCopies(file: FileHandle, position: LogPosition): Promise<Copies> {
    const none = { logs: [], held: undefined };
    if (!await this.#isNamed(await file.stat({ bigint: true }))) return none;
    const files = await listRotated(this.#path);
    const logs: OpenLog[] = [];
    let first: FoundLog | undefined;
    for (const { form, ...each } of files.toReversed()) {
      if (form === undefined) continue;
      if (position.headLength > 0) first = await openIfHolds({ ...each, form }, position);
      if (first !== undefined) break;
      if (this.#known.has({ ...each, form })) continue;
      const log = await openIfAllowed(each.path, form);
      if (log === undefined) continue;
      if (await this.#wasRead(log)) await log.file.close();
      else logs.unshift(log);
    }
    if (first !== undefined) logs.unshift(first.log);
    await this.#known.add(files, true);
    return { logs, held: first?.held };
  }

  async close(): Promise<void> {
    await this.#looking;
    const open = new Set([this.#reading, ...this.#waiting, this.#last]);
    for (const log of open) await log?.file.close();
  }

  /** Closes a file that was read to its end. */
  async #close({ file, form }: OpenLog): Promise<void> {
    if (form === "plain") await this.#known.addOpen(file);
    await file.close();
  }

  /** Whether a file was made by compressing one that was read, or is. */
  async #wasRead({ file, form }: OpenLog): Promise<boolean> {
    if (form === "plain") return false;
    await settle(file, this.#signal);
    return await this.#known.hasSourceOf(file, this.#openFiles());
  }

  #openFiles(): FileHandle[] {
    const open = new Set([this.#last, this.#reading, ...this.#waiting]);
    return [...open].flatMap((log) => log?.form === "plain" ? log.file : []);
  }

  /** What was rotated before is not read. */
  async #forgetAll(): Promise<void> {
    for (let look = 1; look < MAX_LOOKS; look++) {
      if (await this.#known.add(await listRotated(this.#path))) return;
    }
    await this.#known.add(await listRotated(this.#path), true);
  }

  async #resume(from: LogPosition): Promise<void> {
    let found: FoundLog | undefined;
    let own: RotatedFile | undefined;
    let rotated: readonly RotatedFile[] = [];
    // It may be renamed or compressed while it is looked for.
    for (let look = 1; found === undefined && look <= MAX_LOOKS; look++) {
      if (look > 1) await setTimeout(LOOK_MS);
      // Before it is found: what comes later is newer.
      rotated = await listRotated(this.#path);
      found = await findLog(this.#path, from);
      const stats = await found?.log.file.stat({ bigint: true });
      own = rotated.find((each) => stats !== undefined && isSameNode(each.stats, stats));
      const older = rotated.filter((each) => own === undefined || compareAge(each, own) < 0);
      const isSettled = found?.log.form !== "packed" || own !== undefined;
      if (found === undefined) continue;
      if (isSettled && await this.#known.add(older, look === MAX_LOOKS)) break;
      await found.log.file.close();
      found = undefined;
    }
    if (found === undefined) {
      // One that was empty cannot be known again: it may be among those that are newer.
      const wasEmpty = from.headLength === 0;
      const older = rotated.filter(({ stats: { mtimeMs } }) => (
        wasEmpty ? Number(mtimeMs) < from.mtimeMs : Number(mtimeMs) <= from.mtimeMs
      ));
      if (!wasEmpty || older.length === rotated.length) {
        this.#trouble("The file that was read last is gone: what was written to it since is lost");
      }
      return void await this.#known.add(older, true);
    }
    const { log, held } = found;
    if (held < from.offset) this.#trouble(CUT_SHORT);
    this.#waiting.push(log);
    this.#start = held;
    // What is compressed has not had the name.
    if (log.form === "plain") this.#last = log;
    else if (own !== undefined) await this.#known.add([own], true);
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
    const last = await this.#last?.file.stat({ bigint: true });
    const isThere = named?.isFile() === true;
    const isSame = isThere && last !== undefined && isSameNode(named, last);
    // The log can be read again: the next reason is reported, also if it is the same.
    if (isSame) this.#said = undefined;
    if (isSame || (!isThere && !isLast)) return;
    const opened: OpenLog[] = [];
    let unused = opened;
    try {
      const found = await this.#open(opened, last, isThere);
      if (found === "renamed") return found;
      unused = [];
      this.#waiting.push(...opened);
      if (found === undefined) return;
      this.#said = undefined;
      const before = this.#last;
      this.#last = found;
      if (before === undefined) return;
      // A look may come while it is renamed, and not see it.
      await this.#known.addOpen(before.file);
      const isFree = before !== this.#reading && !this.#waiting.includes(before);
      if (isFree) await before.file.close();
    } finally {
      for (const { file } of unused) await file.close();
    }
  }

  /** Opens those in between, the oldest first, then the current one; returns the latter. */
  async #open(
    opened: OpenLog[],
    last: BigIntStats | undefined,
    isNamed: boolean,
  ): Promise<OpenLog | "renamed" | undefined> {
    const current = isNamed ? await openLog(this.#path, "plain") : undefined;
    if (isNamed && current === undefined) return "renamed";
    // At the end of the list when all is open, so that it is closed whatever fails before.
    if (current !== undefined) opened.push(current);
    const stats = await current?.file.stat({ bigint: true });
    const found = await listRotated(this.#path);
    const unknown = found.filter((file) => !this.#known.has(file, last, stats));
    const lost: string[] = [];
    for (const { path, stats: listed, form } of unknown) {
      // A compressed file has the time of the one that it was made from, to the second at least.
      const isOlder = last !== undefined && listed.mtimeMs / SECOND < last.mtimeMs / SECOND;
      if (form === undefined) {
        if (last === undefined || listed.mtimeMs > last.mtimeMs) lost.push(basename(path));
        continue;
      }
      if (form === "packed" && isOlder) continue;
      const log = await unlessForbidden(openLog(path, form));
      if (log === "forbidden") {
        lost.push(basename(path));
        continue;
      }
      if (log === undefined) return "renamed";
      opened.push(log);
      if (!isSameNode(await log.file.stat({ bigint: true }), listed)) return "renamed";
      // One that is not whole yet is looked at again when it is its turn.
      const isCopy = form === "packed" &&
        await this.#known.hasSourceOf(log.file, this.#openFiles());
      if (!isCopy) continue;
      const before = this.#last;
      if (before !== undefined && await isMadeFrom(log.file, before.file)) this.#packed = before;
      await opened.pop()!.file.close();
    }
    // Where the current file lost the name meanwhile, there may be others after it.
    if (stats !== undefined && !await this.#isNamed(stats)) return "renamed";
    if (!await this.#known.add(found)) return "renamed";
    if (current !== undefined) opened.push(opened.shift()!);
    const isReplaced = last !== undefined && (stats !== undefined || unknown.length > 0);
    const isThere = () => found.some((file) => isSameNode(file.stats, last!));
    if (isReplaced && this.#packed !== this.#last && !isThere()) {
      this.#trouble("The log was replaced and the old file is gone: files in between may be lost");
    }
    if (lost.length > 0) {
      const reason = "they are compressed otherwise than by gzip, renamed or not readable";
      this.#trouble(`Rotated files were lost, as ${reason}: ${joinNames(lost)}`);
    }
    return current;
  }

  async #isNamed(stats: BigIntStats): Promise<boolean> {
    const now = await unlessMissing(stat(this.#path, { bigint: true }));
    return now !== undefined && isSameNode(now, stats);
  }

  #say(reason: string): void {
    if (reason === this.#said) return;
    this.#said = reason;
    this.#trouble(`The log cannot be read for now: ${reason}`);
  }
}

/** What a log was copied to before it was cut. */
export interface Copies {
  /** In order; the first is that of what was read, where there is `held`. */
  readonly logs: readonly OpenLog[];
  /** How many bytes of what was read the first one has. */
  readonly held: number | undefined;
}
