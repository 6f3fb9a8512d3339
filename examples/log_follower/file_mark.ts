import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { countPacked, readPackedHead, readPackedSize, toPackedSize } from "./packed_file.ts";
import type { FileForm } from "./rotated_files.ts";

const HEAD_BYTES = 1_024;
/** Programs that compress files set their time to whole seconds, or to parts of them. */
export const TIME_STEP_MS = 1_000;

/** Where a log is read on: a place in a file that is known again after it was renamed or copied. */
export interface LogPosition {
  /** Numbers of the device and of the file, as text: they may be larger than numbers are exact. */
  readonly dev: string;
  readonly ino: string;
  /** When it was made, in milliseconds: a number alone is given again. Absent in older positions. */
  readonly birthtimeMs?: number;
  /** When it had last been written, in milliseconds. */
  readonly mtimeMs: number;
  /** How many bytes were read, up to the last line break. */
  readonly offset: number;
  /** What the file begins with: a hash of so many bytes, no more than `offset` unless that is 0. */
  readonly head: string;
  readonly headLength: number;
}

/**
 * What a file begins with. Its number alone does not tell it from others: a number is given again
 * when its file is gone, a file that was copied has another, and one that was cut keeps its own.
 */
export class FileMark {
  readonly #readHead: ReadHead;
  #head: Uint8Array = new Uint8Array();
  #hash: { readonly length: number; readonly text: string } | undefined;

  constructor(readHead: ReadHead) {
    this.#readHead = readHead;
  }

  /** Whether it still begins as it did when `position` was read. */
  async isUnchanged(): Promise<boolean> {
    const now = await this.#readHead(this.#head.length);
    return now.length === this.#head.length &&
      now.every((byte, index) => byte === this.#head[index]);
  }

  /** The position after so many bytes, where it is read on. */
  async positionAt(
    offset: number,
    { dev, ino, birthtimeMs, mtimeMs }: BigIntStats,
  ): Promise<LogPosition> {
    // Where nothing was read yet, it is still known by what it begins with.
    const most = offset === 0 ? HEAD_BYTES : Math.min(offset, HEAD_BYTES);
    if (this.#head.length < most) this.#head = await this.#readHead(most);
    const length = Math.min(most, this.#head.length);
    if (this.#hash?.length !== length) {
      this.#hash = { length, text: hash(this.#head.subarray(0, length)) };
    }
    return {
      dev: String(dev),
      ino: String(ino),
      birthtimeMs: Number(birthtimeMs),
      mtimeMs: Number(mtimeMs),
      offset,
      head: this.#hash.text,
      headLength: length,
    };
  }
}

/** Reads the first bytes of a log: so many, or all. */
export type ReadHead = (length: number) => Promise<Uint8Array>;

/**
 * How much of what was read up to a position is in a file, whatever its name and number, in bytes;
 * nothing where it begins with something else.
 */
export async function countHeld(
  file: FileHandle,
  form: FileForm,
  { offset, head, headLength }: LogPosition,
): Promise<number | undefined> {
  const length = Math.min(headLength, HEAD_BYTES);
  const bytes = await readHeadOf(file, form)(length);
  if (bytes.length !== headLength || hash(bytes) !== head) return undefined;
  if (form === "packed") return await countPacked(file, offset);
  return Math.min((await file.stat()).size, offset);
}

/** What a file begins with, how large it is, and when it was written: that of a copy is the same. */
export interface FilePrint {
  readonly head: Uint8Array;
  readonly size: number;
  readonly mtimeMs: number;
}

/** The print of a file that is not compressed. */
export async function readPrint(file: FileHandle): Promise<FilePrint> {
  const { size, mtimeMs } = await file.stat();
  return { head: await readHead(file, HEAD_BYTES), size, mtimeMs };
}

/** The print of what is compressed in a file. */
export async function readPackedPrint(file: FileHandle): Promise<FilePrint> {
  const { mtimeMs } = await file.stat();
  const head = await readPackedHead(file, HEAD_BYTES);
  return { head, size: await readPackedSize(file) ?? 0, mtimeMs };
}

/**
 * Whether a file was made by compressing another. A file that was written to meanwhile has another
 * size; if its beginning is long, the time tells as well, which `gzip` leaves as it is.
 */
export function isPackedFrom(packed: FilePrint, plain: FilePrint): boolean {
  const { head } = plain;
  if (packed.head.length < head.length) return false;
  if (!head.every((byte, index) => byte === packed.head[index])) return false;
  if (packed.size === toPackedSize(plain.size)) return true;
  const isSameTime = Math.abs(packed.mtimeMs - plain.mtimeMs) < TIME_STEP_MS;
  return isSameTime && head.length === HEAD_BYTES;
}

/** As {@linkcode isPackedFrom}, of files that are open. */
export async function isMadeFrom(packed: FileHandle, plain: FileHandle): Promise<boolean> {
  return isPackedFrom(await readPackedPrint(packed), await readPrint(plain));
}

/** What reads the first bytes of a log in a file. */
export function readHeadOf(file: FileHandle, form: FileForm): ReadHead {
  const read = form === "packed" ? readPackedHead : readHead;
  return (length) => read(file, length);
}

async function readHead(file: FileHandle, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let end = 0;
  while (end < length) {
    const { bytesRead } = await file.read(buffer, end, length - end, end);
    if (bytesRead === 0) break;
    end += bytesRead;
  }
  return buffer.subarray(0, end);
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 32);
}
