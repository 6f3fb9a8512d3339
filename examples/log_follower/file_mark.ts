import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";

const HEAD_BYTES = 1_024;

/** Where a log is read on: a place in a file that is known again after it was renamed or copied. */
export interface LogPosition {
  /** Numbers of the device and of the file, as text: they may be larger than numbers are exact. */
  readonly dev: string;
  readonly ino: string;
  /** When it was written last, by then, in milliseconds. */
  readonly mtimeMs: number;
  /** How many bytes were read, up to the last line break. */
  readonly offset: number;
  /** What the file begins with: a hash of so many bytes, no more than `offset`. */
  readonly head: string;
  readonly headLength: number;
}

/**
 * What a file begins with. Its number alone does not tell it from others: a number is given again
 * when its file is gone, a file that was copied has another, and one that was cut keeps its own.
 */
export class FileMark {
  readonly #file: FileHandle;
  #head: Uint8Array = new Uint8Array();
  #hash: { readonly length: number; readonly text: string } | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Whether it still begins as it did when `position` was read. */
  async isUnchanged(): Promise<boolean> {
    const now = await readHead(this.#file, this.#head.length);
    return now.length === this.#head.length &&
      now.every((byte, index) => byte === this.#head[index]);
  }

  /** Where it is read on behind so many bytes. */
  async positionAt(offset: number, { dev, ino, mtimeMs }: BigIntStats): Promise<LogPosition> {
    const length = Math.min(offset, HEAD_BYTES);
    if (this.#head.length < length) this.#head = await readHead(this.#file, length);
    if (this.#hash?.length !== length) {
      this.#hash = { length, text: hash(this.#head.subarray(0, length)) };
    }
    return {
      dev: String(dev),
      ino: String(ino),
      mtimeMs: Number(mtimeMs),
      offset,
      head: this.#hash.text,
      headLength: length,
    };
  }
}

/** Whether a file holds what was read up to a position, whatever its name and number. */
export async function holdsPosition(file: FileHandle, position: LogPosition): Promise<boolean> {
  const { size } = await file.stat();
  if (size < position.offset) return false;
  const head = await readHead(file, Math.min(position.headLength, HEAD_BYTES));
  return head.length === position.headLength && hash(head) === position.head;
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
