import type { FileHandle } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

/** So much is uncompressed at a time: no more than a thousand times as much comes of it. */
const PIECE_BYTES = 1_024;
/** What begins gzip, and each member of it where there are several. */
const MAGIC = [0x1f, 0x8b, 8];
/** Sizes in gzip are counted in so many bits. */
const SIZE_BITS = 32;
const SIZE_BYTES = SIZE_BITS / 8;
/** Keeps the outputs of the piece before it from being lost with an error: it waits until they are read. */
const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array();

/** A file that was written so short a time ago may be written on, in milliseconds. */
const RECENT_MS = 1_000;
/** Between two looks at whether it is, in milliseconds. */
const SETTLE_MS = 100;

/** Waits, and resolves with whether there may be more in a file past its end. */
export type WaitForMore = () => Promise<boolean>;

/**
 * The bytes of a file that is compressed with gzip, in pieces as they come. Of one that is damaged or cut,
 * all that can be read comes out; returns whether it was whole.
 */
export async function* unpack(
  file: FileHandle,
  waitForMore: WaitForMore = () => Promise.resolve(false),
): AsyncGenerator<Uint8Array, boolean, undefined> {
  /** Where the member begins that is read, and how many of its bytes came out in an earlier attempt. */
  let [start, known] = [0, 0];
  /** Where an earlier attempt has failed on a piece: from there on, bytes are read one by one. */
  let fineFrom = Infinity;
  while (true) {
    const member = inflate(file, start, fineFrom, waitForMore);
    let taken = 0;
    let result = await member.next();
    try {
      for (; !result.done; result = await member.next()) {
        const fresh = result.value.subarray(Math.max(0, known - taken));
        taken += result.value.length;
        if (fresh.length > 0) yield fresh;
      }
    } finally {
      await member.return(undefined);
    }
    const failedAt = result.value;
    if (failedAt === undefined) return true;
    if (fineFrom === Infinity) [fineFrom, known] = [failedAt, taken];
    else if (failedAt === start || !await hasMember(file, failedAt)) return false;
    else [start, fineFrom, known] = [failedAt, Infinity, 0];
  }
}

/** The first bytes of what is compressed in a file: `length` of them, or all. */
export async function readPackedHead(file: FileHandle, length: number): Promise<Uint8Array> {
  const head = new Uint8Array(length);
  let end = 0;
  for await (const bytes of unpack(file)) {
    const taken = bytes.subarray(0, length - end);
    head.set(taken, end);
    end += taken.length;
    if (end === length) break;
  }
  return head.subarray(0, end);
}

/** How many bytes can be read of what is compressed in a file, up to `most`. */
export async function countPacked(file: FileHandle, most: number): Promise<number> {
  let count = 0;
  for await (const bytes of unpack(file)) {
    count += bytes.length;
    if (count >= most) return most;
  }
  return count;
}

/** How many bytes there are in the last member of a file, as its end says: modulo 2 ** 32. */
export async function readPackedSize(file: FileHandle): Promise<number | undefined> {
  const { size } = await file.stat();
  const bytes = new Uint8Array(SIZE_BYTES);
  if (size < SIZE_BYTES) return undefined;
  const { bytesRead } = await file.read(bytes, 0, SIZE_BYTES, size - SIZE_BYTES);
  return bytesRead < SIZE_BYTES ? undefined : new DataView(bytes.buffer).getUint32(0, true);
}

/** A size as {@linkcode readPackedSize} gives it. */
export function toPackedSize(size: number): number {
  return size % 2 ** SIZE_BITS;
}

/** Waits while a file is being written, if that was a short time ago; or until `signal` is aborted. */
export async function settle(file: FileHandle, signal: AbortSignal): Promise<void> {
  let { size, mtimeMs } = await file.stat();
  while (Date.now() - mtimeMs < RECENT_MS && !signal.aborted) {
    await setTimeout(SETTLE_MS);
    const now = await file.stat();
    if (now.size === size) return;
    ({ size, mtimeMs } = now);
  }
}

/** One member; returns where the piece begins on which it has failed, and nothing where it is whole. */
async function* inflate(
  file: FileHandle,
  start: number,
  fineFrom: number,
  waitForMore: WaitForMore,
): AsyncGenerator<Uint8Array, number | undefined, undefined> {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  const reader = readable.getReader();
  let at = start;
  let taken = 0;
  let readError: { readonly error: unknown } | undefined;

  const readPiece = async (): Promise<Uint8Array<ArrayBuffer>> => {
    try {
      const length = at < fineFrom ? Math.min(PIECE_BYTES, fineFrom - at) : 1;
      const buffer = new Uint8Array(length);
      const { bytesRead } = await file.read(buffer, 0, length, at);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      readError = { error };
      throw error;
    }
  };
  /**
   * Where a file is still being written, the size at its end is not that of what has come out of
   * it.
   */
  const mayGrow = async () =>
    await readPackedSize(file) !== toPackedSize(taken) && await waitForMore();
  const feed = async () => {
    do {
      for (let piece = await readPiece(); piece.length > 0; piece = await readPiece()) {
        await writer.write(piece);
        at += piece.length;
      }
      await writer.write(NOTHING);
    } while (await mayGrow());
    await writer.close();
  };
  const feeding = feed().catch((error) => writer.abort(error).catch(() => {}));

  try {
    for (let result = await reader.read(); !result.done; result = await reader.read()) {
      taken += result.value.length;
      yield result.value;
    }
    return undefined;
  } catch {
    if (readError !== undefined) throw readError.error;
    return at;
  } finally {
    await reader.cancel().catch(() => {});
    await feeding;
  }
}

async function hasMember(file: FileHandle, at: number): Promise<boolean> {
  const bytes = new Uint8Array(MAGIC.length);
  const { bytesRead } = await file.read(bytes, 0, MAGIC.length, at);
  return bytesRead === MAGIC.length && MAGIC.every((byte, index) => bytes[index] === byte);
}
