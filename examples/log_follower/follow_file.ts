import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { Positioned, PositionedSource } from "@headrace/pipeline/durable";
import { FileMark, holdsPosition, type LogPosition } from "./file_mark.ts";
import { unlessMissing } from "./rotated_files.ts";
import { Rotation } from "./rotation.ts";

const CHUNK_BYTES = 65_536;
const NEWLINE = 10;
const NUL = 0;

/** Comes before the bytes of each file, and of one that was cut short and begins again. */
export const FILE_START: unique symbol = Symbol("file start");
/** Comes when a file has not grown from one look to the next: what is there may be complete. */
export const QUIET: unique symbol = Symbol("quiet");

/** A piece of a log. */
export type Chunk = Uint8Array | typeof FILE_START | typeof QUIET;

/** Options of {@linkcode followFile}. */
export interface FollowOptions {
  /** How long to wait at the end of the file before the next look at it, in milliseconds. */
  readonly pollMs: number;
  /** Ends the stream when it is aborted, behind what the file has at that moment. */
  readonly stop: AbortSignal;
  /** Called with a sentence when the log cannot be read, or when bytes may have been lost. */
  readonly trouble: (message: string) => void;
}

type Chunks<TResult> = AsyncGenerator<Positioned<Chunk, LogPosition>, TResult, undefined>;

/**
 * The bytes of a file that grows, as `tail -n +1 -F` shows them, from its beginning or from a position.
 * It waits for a file that is not there yet. When another file takes its name, the old one is read to
 * its end first, then those that had the name in between. Reads on demand, so what is not read yet
 * waits on the disk; files that are rotated meanwhile are opened when they are.
 *
 * Positions are those behind line breaks: a line that has not ended is read again.
 */
export function followFile(
  path: string,
  options: FollowOptions,
): PositionedSource<Chunk, LogPosition> {
  return { open: (from) => readFrom(path, from, options) };
}

async function* readFrom(
  path: string,
  from: LogPosition | undefined,
  options: FollowOptions,
): Chunks<void> {
  const { pollMs, stop, trouble } = options;
  await refuseOthers(path);
  const rotation = await Rotation.begin(path, trouble, from);
  const closing = new AbortController();
  const watching = watch(rotation, pollMs, closing.signal);
  try {
    // A file that was found again is read on; one that is gone is not.
    let start = rotation.hasNext ? from!.offset : 0;
    while (true) {
      const isStopped = stop.aborted;
      if (!rotation.hasNext) await rotation.look(isStopped);
      const file = await rotation.take();
      if (file !== undefined) yield* readWhileItGrows(file, start, rotation, options);
      else if (isStopped) return;
      else await pause(pollMs, stop);
      start = 0;
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
  if (!found.isFile()) throw new TypeError("Only a file can be followed");
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
  { pollMs, stop, trouble }: FollowOptions,
): Chunks<void> {
  const reader = new FileReader(file, start);
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
      const isWhole = copies[0] !== undefined && await holdsPosition(copies[0], position);
      if (!isWhole && (position.offset > 0 || copies.length === 0)) {
        trouble("The log was cut short: what was written right before that may be lost");
      }
      yield* readCopies(copies, isWhole ? reader.offset : 0);
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
async function* readCopies(copies: readonly FileHandle[], start: number): Chunks<void> {
  try {
    for (const [index, copy] of copies.entries()) {
      const reader = new FileReader(copy, index === 0 ? start : 0);
      if (index > 0 || start === 0) yield { item: FILE_START, position: await reader.position() };
      yield* reader.read(Number((await copy.stat()).size));
    }
  } finally {
    for (const copy of copies) await copy.close();
  }
}

/** Reads a file, and knows where it is. */
class FileReader {
  readonly #file: FileHandle;
  #mark: FileMark;
  #position: LogPosition | undefined;
  /** How many bytes were read. */
  offset: number;
  /** How many of them are of lines that have ended. */
  #lineStart: number;

  constructor(file: FileHandle, start: number) {
    this.#file = file;
    this.#mark = new FileMark(file);
    this.offset = this.#lineStart = start;
  }

  isUnchanged(): Promise<boolean> {
    return this.#mark.isUnchanged();
  }

  async position(): Promise<LogPosition> {
    const stats = await this.#file.stat({ bigint: true });
    return this.#position = await this.#mark.positionAt(this.#lineStart, stats);
  }

  /** That of the file as it was when something was read of it last. */
  async lastPosition(): Promise<LogPosition> {
    return this.#position ?? await this.position();
  }

  /** Begins again with a file that was cut. */
  begin(): void {
    this.#mark = new FileMark(this.#file);
    this.offset = this.#lineStart = 0;
  }

  async *read(end: number): Chunks<void> {
    const buffer = new Uint8Array(CHUNK_BYTES);
    while (this.offset < end) {
      const length = Math.min(CHUNK_BYTES, end - this.offset);
      const { bytesRead } = await this.#file.read(buffer, 0, length, this.offset);
      if (bytesRead === 0) return;
      const item = buffer.slice(0, bytesRead);
      const last = Math.max(item.lastIndexOf(NEWLINE), item.lastIndexOf(NUL));
      if (last !== -1) this.#lineStart = this.offset + last + 1;
      this.offset += bytesRead;
      yield { item, position: await this.position() };
    }
  }
}

async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}
