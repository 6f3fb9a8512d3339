/**
 * The text of one file of a {@linkcode fileStore}: a line with a checksum, then what it holds.
 *
 * @module
 */

import { attempt } from "../internal/thrown.ts";
import { isRecord } from "../internal/validation.ts";

const MAGIC = "headrace-checkpoint";
const FORMAT = 1;
const HEAD = /^headrace-checkpoint (\d{1,9}) ([0-9a-f]{8}) (\d{1,16})\n/;

/** What a file of a job holds. */
export interface StoredRecord {
  readonly id: string;
  readonly fence: number;
  /** What was saved; `null` where nothing has been; absent where the owner has only claimed the job. */
  readonly saved?: string | null;
}

/** The text of a record. */
export function writeRecord({ id, fence, saved }: StoredRecord): string {
  const body = JSON.stringify({ id, fence, saved });
  return `${MAGIC} ${FORMAT} ${checksum(body)} ${body.length}\n${body}`;
}

/** Reads a record; a text says what is wrong with one that cannot be read. */
export function readRecord(text: string): StoredRecord | string {
  const head = HEAD.exec(text);
  if (head === null) return "it is no checkpoint, or was changed";
  const [line, format, expected, length] = head;
  if (Number(format) !== FORMAT) return `its format is ${format}, and ${FORMAT} is what is read`;
  const body = text.slice(line.length);
  if (body.length < Number(length)) return "it was cut";
  if (body.length > Number(length) || checksum(body) !== expected) return "it was changed";
  const record: unknown = attempt(() => JSON.parse(body), undefined);
  return isStored(record) ? record : "it was changed";
}

function isStored(value: unknown): value is StoredRecord {
  if (!isRecord(value)) return false;
  const { id, saved } = value as Partial<StoredRecord>;
  const isSaved = typeof (saved ?? "") === "string";
  return typeof id === "string" && isSaved;
}

const TABLE: Uint32Array = createTable();

function createTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    table[index] = value;
  }
  return table;
}

/** CRC-32 (ISO 3309) of the text in UTF-8. */
function checksum(text: string): string {
  let crc = -1;
  for (const byte of new TextEncoder().encode(text)) {
    crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  }
  return (~crc >>> 0).toString(16).padStart(8, "0");
}
