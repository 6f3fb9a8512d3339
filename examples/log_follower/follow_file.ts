import type { BigIntStats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { codeOf, isSameNode, unlessMissing } from "./rotated_files.ts";
import { type OpenedFiles, Rotation } from "./rotation.ts";

const CHUNK_BYTES = 65_536;

/** Stands before the bytes of each file, and of one that was cut short and begins again. */
export const FILE_START: unique symbol = Symbol("file start");

/** Options of {@linkcode followFile}. */
export interface FollowOptions {
  /** How long to wait at the end of the file before the next look at it, in milliseconds. */
  readonly pollMs: number;
  /** Ends the stream when it is aborted, behind what the file has at that moment. */
  readonly stop: AbortSignal;
  /** Gets a sentence when something stands in the way, or when bytes may have been lost. */
  readonly trouble: (message: string) => void;
}

type Chunks<TResult> = AsyncGenerator<Uint8Array | typeof FILE_START, TResult, undefined>;

/**
 * The bytes of a file that grows, from its beginning, as `tail -n +1 -F` shows them. It waits for a
 * file that is not there yet. When another file takes its name, the old one is read to its end
 * first, then those that had the name in between. Reads on demand, so what is not read yet waits on
 * the disk.
 */
export async function* followFile(path: string, options: FollowOptions): Chunks<void> {
  await refuseOthers(path);
  const name = new Name(path, options);
  const rotation = await Rotation.begin(path, options.trouble);
  try {
    let isOver = false;
    while (!isOver) {
      const files = await openWhenThere(name, rotation, options);
      for (const file of files.between) {
        yield FILE_START;
        yield* readBetween(file, 0, Number((await file.stat()).size));
      }
      isOver = files.current === undefined ||
        !(yield* readWhileItGrows(files.current, name, options));
    }
  } finally {
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

/** Resolves without a current file only where it was told to stop. */
async function openWhenThere(
  name: Name,
  rotation: Rotation,
  { pollMs, stop }: FollowOptions,
): Promise<OpenedFiles> {
  while (true) {
    const isStopped = stop.aborted;
    const isThere = await name.look() !== undefined;
    const files = isThere || isStopped
      ? await name.attempt(() => rotation.openNext(isStopped))
      : undefined;
    if (files !== undefined) return files;
    // What stands in the way has been said.
    if (isStopped) return { between: [], current: undefined };
    await pause(pollMs, stop);
  }
}

/** Returns whether there is more to read in other files; if not, it was told to stop. */
async function* readWhileItGrows(
  file: FileHandle,
  name: Name,
  { pollMs, stop, trouble }: FollowOptions,
): Chunks<boolean> {
  let position = 0;
  yield FILE_START;
  while (true) {
    // Asked in this order, so that what was written before a stop or a change of files is read.
    const isStopped = stop.aborted;
    const current = await name.look();
    const stats = await file.stat({ bigint: true });
    const size = Number(stats.size);
    if (size < position) {
      trouble("The log was cut short: what was written right before that may be lost");
      position = 0;
      yield FILE_START;
    }
    position = yield* readBetween(file, position, size);
    const isReplaced = current !== undefined && !isSameNode(current, stats);
    // Until there is something in the new file, the program may still write to the old one. A name
    // that is free for a moment will be taken again: until then the old file is the file.
    if (isReplaced && current.size > 0n) return true;
    if (isStopped) return isReplaced || current === undefined;
    await pause(pollMs, stop);
  }
}

/** Returns the position behind what was read. */
async function* readBetween(file: FileHandle, start: number, end: number): Chunks<number> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let position = start;
  while (position < end) {
    const length = Math.min(CHUNK_BYTES, end - position);
    const { bytesRead } = await file.read(buffer, 0, length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    yield buffer.slice(0, bytesRead);
  }
  return position;
}

/** The name of the log. What stands in its way is said once, and passes or is waited for. */
class Name {
  readonly #path: string;
  readonly #trouble: FollowOptions["trouble"];
  #said: string | undefined;

  constructor(path: string, { trouble }: FollowOptions) {
    this.#path = path;
    this.#trouble = trouble;
  }

  /** Resolves with nothing where no file has the name now. */
  async look(): Promise<BigIntStats | undefined> {
    const stats = await this.attempt(() => unlessMissing(stat(this.#path, { bigint: true })));
    if (stats === undefined) return undefined;
    if (stats.isFile()) return stats;
    this.#say("it is no file");
  }

  /** Resolves with nothing where it fails. */
  async attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      this.#say(code);
    }
  }

  #say(reason: string): void {
    if (reason === this.#said) return;
    this.#said = reason;
    this.#trouble(`The log cannot be read for now: ${reason}`);
  }
}

async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}
