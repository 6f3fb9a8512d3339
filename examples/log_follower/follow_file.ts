import { Buffer } from "node:buffer";
import { type FileHandle, open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import { FileMark, type LogPosition, readHeadOf } from "./file_mark.ts";
import type { OpenLog } from "./open_log.ts";
import { unpack } from "./packed_file.ts";
import { unlessMissing } from "./rotated_files.ts";
import { type Copies, CUT_SHORT, Rotation } from "./rotation.ts";

const CHUNK_BYTES = 65_536;
const NEWLINE = 10;
const NUL = 0;
/** How often it is looked whether a compressed file that is not whole has grown, and how long between. */
const MAX_LOOKS = 10;
const MAX_LOOK_MS = 250;

/** Comes before the bytes of each file, and of one that was cut short and begins again. */
export const FILE_START: unique symbol = Symbol("file start");
/** Comes when a file has not grown from one look to the next: what it has may be complete. */
export const QUIET: unique symbol = Symbol("quiet");

/** A piece of a log. */
export type Chunk = Uint8Array | typeof FILE_START | typeof QUIET;

/** Options of {@linkcode followFile}. */
export interface FollowOptions {
  /** How long to wait at the end of the file before the next look at it, in milliseconds. */
  readonly pollMs: number;
  /** Ends the stream when it is aborted, after what the file has at that moment. */
  readonly stop: AbortSignal;
  /** Called with a sentence when the log cannot be read, or when bytes may have been lost. */
  readonly trouble: (message: string) => void;
}

/** What the source was opened with, too. */
interface Reading extends FollowOptions {
  /** Aborted when it is given up: nothing is waited for any more. */
  readonly signal: AbortSignal;
}

type Chunks<TResult> = AsyncGenerator<Positioned<Chunk, LogPosition>, TResult, undefined>;

/**
 * The bytes of a file that grows, as `tail -n +1 -F` shows them, from its beginning or from a position.
 * It waits for a file that is not there yet. When another file takes its name, the old one is read to
 * its end first, then those that had the name in between. Reads on demand, so what is not read yet
 * waits on the disk; files that are rotated meanwhile are opened when they are.
 *
 * Positions are those after line breaks: a line that has not ended is read again.
 */
export function followFile(
  path: string,
  options: FollowOptions,
): PositionedSource<Chunk, LogPosition> {
  return {
    open: (from, signal = new AbortController().signal) =>
      readFrom(path, from, { ...options, signal }),
  };
}

async function* readFrom(
  path: string,
  from: LogPosition | undefined,
  options: Reading,
): Chunks<void> {
  const { pollMs, stop, trouble, signal } = options;
  await refuseOthers(path);
  const rotation = await Rotation.begin(path, { trouble, signal }, from);
  const closing = new AbortController();
  const watching = watch(rotation, pollMs, closing.signal);
  try {
    while (true) {
      const isStopped = stop.aborted;
      if (!rotation.hasNext) await rotation.look(isStopped);
      const taken = await rotation.take();
      if (taken?.log.form === "packed") yield* readPacked(taken.log, taken.start, options);
      else if (taken !== undefined) {
        yield* readWhileItGrows(taken.log.file, taken.start, rotation, options);
      } else if (isStopped) return;
      else await pause(pollMs, stop);
    }
  } finally {
    closing.abort();
    await watching;
    await rotation.close();
  }
}

/** What is no file, or may not be read, when the follower begins is a mistake of the caller. */
async function refuseOthers(path: string): Promise<void> {
  const found = await unlessMissing(stat(path));
  if (found === undefined) return;
  if (!found.isFile()) throw new TypeError(`Only a file can be followed, and "${path}" is none`);
  await (await unlessMissing(open(path)))?.close();
}

/** Looks for further files also while none is read. */
async function watch(rotation: Rotation, pollMs: number, closed: AbortSignal): Promise<void> {
  while (!closed.aborted) {
    await pause(pollMs, closed);
    // The reader looks as well, and fails with it then.
    if (!closed.aborted) await rotation.look(false).catch(() => {});
  }
}

/** Reads a file until there is more in another, or `stop` is aborted. */
async function* readWhileItGrows(
  file: FileHandle,
  start: number,
  rotation: Rotation,
  options: Reading,
): Chunks<void> {
  const { pollMs, stop, trouble } = options;
  const reader = new FileReader({ file, form: "plain" }, start);
  if (start === 0) yield { item: FILE_START, position: await reader.position() };
  let isQuiet = false;
  while (true) {
    // Asked in this order, so that what was written before a stop or a change of files is read.
    const isStopped = stop.aborted;
    await rotation.look(isStopped);
    const size = Number((await file.stat()).size);
    if (size < reader.offset || !await reader.isUnchanged()) {
      const position = await reader.lastPosition();
      const copies = await rotation.openCopies(file, position);
      const isWhole = copies.held === position.offset;
      if (!isWhole && (position.offset > 0 || copies.logs.length === 0)) trouble(CUT_SHORT);
      yield* readCopies(copies, isWhole ? reader.offset : copies.held ?? 0, options);
      reader.begin();
      yield { item: FILE_START, position: await reader.position() };
    } else if (size > reader.offset) {
      isQuiet = false;
      yield* reader.read(size);
    } else if (await rotation.hasMore() || isStopped) return;
    else {
      if (!isQuiet) yield { item: QUIET, position: await reader.position() };
      isQuiet = true;
      await pause(pollMs, stop);
    }
  }
}

/** Reads the first from `start` on, and all of the others. */
async function* readCopies(
  { logs }: Copies,
  start: number,
  options: Reading,
): Chunks<void> {
  try {
    for (const [index, log] of logs.entries()) {
      const from = index === 0 ? start : 0;
      if (log.form === "packed") {
        yield* readPacked(log, from, options);
        continue;
      }
      const reader = new FileReader(log, from);
      if (from === 0) yield { item: FILE_START, position: await reader.position() };
      yield* reader.read(Number((await log.file.stat()).size));
    }
  } finally {
    for (const { file } of logs) await file.close();
  }
}

/** Reads what is compressed in a file from `start` on; of one that is damaged, what can be read. */
async function* readPacked(
  log: OpenLog,
  start: number,
  { pollMs, trouble, signal }: Reading,
): Chunks<void> {
  const reader = new FileReader(log, start);
  if (start === 0) yield { item: FILE_START, position: await reader.position() };
  const unpacked = unpack(log.file, () => waitForMore(log.file, pollMs, signal));
  let [read, length] = [0, 0];
  let pieces: Uint8Array[] = [];
  let result = await unpacked.next();
  try {
    for (; !result.done; result = await unpacked.next()) {
      const piece = result.value.subarray(Math.max(0, start - read));
      read += result.value.length;
      length += piece.length;
      pieces.push(piece);
      if (length < CHUNK_BYTES) continue;
      yield await reader.emit(Buffer.concat(pieces));
      [pieces, length] = [[], 0];
    }
    if (length > 0) yield await reader.emit(Buffer.concat(pieces));
  } finally {
    await unpacked.return(false);
  }
  if (result.value || signal.aborted) return;
  trouble(`${basename(log.path)} is damaged: what comes after its first ${read} bytes is lost`);
}

/** Whether a file grows that is not whole: what compresses it may still write to it. */
async function waitForMore(
  file: FileHandle,
  pollMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { size } = await file.stat();
  for (let look = 1; look <= MAX_LOOKS && !signal.aborted; look++) {
    await pause(Math.min(pollMs, MAX_LOOK_MS), signal);
    if ((await file.stat()).size > size) return true;
  }
  return false;
}

/** Reads a file, and knows where it is. */
class FileReader {
  readonly #log: Pick<OpenLog, "file" | "form">;
  #mark: FileMark;
  #position: LogPosition | undefined;
  /** How many bytes were read. */
  offset: number;
  /** How many of them are of lines that have ended. */
  #lineStart: number;

  constructor(log: Pick<OpenLog, "file" | "form">, start: number) {
    this.#log = log;
    this.#mark = this.#createMark();
    this.offset = this.#lineStart = start;
  }

  isUnchanged(): Promise<boolean> {
    return this.#mark.isUnchanged();
  }

  async position(): Promise<LogPosition> {
    const stats = await this.#log.file.stat({ bigint: true });
    return this.#position = await this.#mark.positionAt(this.#lineStart, stats);
  }

  /** That of the file as it was when something was read of it last. */
  async lastPosition(): Promise<LogPosition> {
    return this.#position ?? await this.position();
  }

  /** Begins again with a file that was cut. */
  begin(): void {
    this.#mark = this.#createMark();
    this.offset = this.#lineStart = 0;
  }

  #createMark(): FileMark {
    return new FileMark(readHeadOf(this.#log.file, this.#log.form));
  }

  async *read(end: number): Chunks<void> {
    const buffer = new Uint8Array(CHUNK_BYTES);
    while (this.offset < end) {
      const length = Math.min(CHUNK_BYTES, end - this.offset);
      const { bytesRead } = await this.#log.file.read(buffer, 0, length, this.offset);
      if (bytesRead === 0) return;
      yield await this.emit(buffer.slice(0, bytesRead));
    }
  }

  /** The bytes that come next, with the position after them. */
  async emit(item: Uint8Array): Promise<Positioned<Chunk, LogPosition>> {
    const last = Math.max(item.lastIndexOf(NEWLINE), item.lastIndexOf(NUL));
    if (last !== -1) this.#lineStart = this.offset + last + 1;
    this.offset += item.length;
    return { item, position: await this.position() };
  }
}

/** Waits, or resolves at once when `stop` is aborted. */
async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}
