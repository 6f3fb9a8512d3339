import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

const CHUNK_BYTES = 65_536;

/** Stands before the bytes of each file, and of one that was cut short and begins again. */
export const FILE_START: unique symbol = Symbol("file start");

/** Options of {@linkcode followFile}. */
export interface FollowOptions {
  /** How long to wait at the end of the file before the next look at it, in milliseconds. */
  readonly pollMs: number;
  /** Ends the stream when it is aborted, behind what the file has at that moment. */
  readonly stop: AbortSignal;
}

/**
 * The bytes of a file that grows, from its beginning, as `tail -n +1 -F` shows them. It waits for a
 * file that is not there yet. When another file takes its name, the old one is read to its end
 * first. Nothing is read before it is asked for, so what nobody takes waits on the disk.
 */
export async function* followFile(
  path: string,
  options: FollowOptions,
): AsyncGenerator<Uint8Array | typeof FILE_START, void, undefined> {
  let isReplaced = true;
  while (isReplaced) {
    const file = await openWhenThere(path, options);
    if (file === undefined) return;
    try {
      isReplaced = yield* readWhileItGrows(file, path, options);
    } finally {
      await file.close();
    }
  }
}

async function openWhenThere(
  path: string,
  { pollMs, stop }: FollowOptions,
): Promise<FileHandle | undefined> {
  while (true) {
    const isStopped = stop.aborted;
    const found = await statIfThere(path);
    if (found !== undefined && !found.isFile()) throw new TypeError("Only a file can be followed");
    const file = found && await unlessMissing(open(path));
    if (file !== undefined || isStopped) return file;
    await pause(pollMs, stop);
  }
}

/** Returns whether there is another file of that name now; if not, it was told to stop. */
async function* readWhileItGrows(
  file: FileHandle,
  path: string,
  { pollMs, stop }: FollowOptions,
): AsyncGenerator<Uint8Array | typeof FILE_START, boolean, undefined> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let position = 0;
  yield FILE_START;
  while (true) {
    // Asked in this order, so that what was written before a stop or a change of files is read.
    const isStopped = stop.aborted;
    const current = await statIfThere(path);
    const { size, ino, dev } = await file.stat();
    if (size < position) {
      position = 0;
      yield FILE_START;
    }
    while (position < size) {
      const length = Math.min(CHUNK_BYTES, size - position);
      const { bytesRead } = await file.read(buffer, 0, length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      yield buffer.slice(0, bytesRead);
    }
    // A name that is free for a moment will be taken again: until then the old file is the file.
    if (current !== undefined && (current.ino !== ino || current.dev !== dev)) return true;
    if (isStopped) return false;
    await pause(pollMs, stop);
  }
}

function statIfThere(path: string) {
  return unlessMissing(stat(path));
}

async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}
