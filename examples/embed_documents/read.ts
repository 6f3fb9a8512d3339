import { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { SkipFileError } from "./errors.ts";

/** A text up to this long is held; a longer one is read again, piece by piece, when it is split. */
const MAX_HELD_CHARS = 256 * 1024;
const PIECE_BYTES = 64 * 1024;

/** A file whose bytes were all seen once. */
export interface SourceDocument {
  /** Absolute path. */
  readonly path: string;
  /** SHA-256 of the settings and the bytes, in hex: it changes when the chunks would. */
  readonly hash: string;
  /** The beginning of the text: all of it, or the first piece of a long one. */
  readonly head: string;
  /** The whole text in pieces of any length. */
  text(signal: AbortSignal): Iterable<string> | AsyncIterable<string>;
}

/**
 * Reads one file as UTF-8 text.
 *
 * @param settings Everything beside the bytes that decides what is stored; part of the hash.
 * @throws {SkipFileError} The file is empty or binary.
 * @throws {Error} The file cannot be read, or is not UTF-8.
 */
export async function readDocument(
  path: string,
  settings: string,
  signal: AbortSignal,
): Promise<SourceDocument> {
  const hash = startHash(settings);
  const held: string[] = [];
  let length = 0;
  for await (const piece of readPieces(path, hash, signal)) {
    length += piece.length;
    if (length <= MAX_HELD_CHARS || held.length === 0) held.push(piece);
  }
  if (length === 0) throw new SkipFileError("empty file");

  const digest = hash.digest("hex");
  if (length <= MAX_HELD_CHARS) {
    const text = held.join("");
    return { path, hash: digest, head: text, text: () => [text] };
  }
  const head = held[0] ?? "";
  return { path, hash: digest, head, text: (again) => readAgain(path, settings, digest, again) };
}

async function* readAgain(
  path: string,
  settings: string,
  expected: string,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const hash = startHash(settings);
  yield* readPieces(path, hash, signal);
  if (hash.digest("hex") !== expected) {
    throw new Error("the file changed while it was being read; run again to embed it");
  }
}

function startHash(settings: string): Hash {
  return createHash("sha256").update(settings).update("\0");
}

async function* readPieces(
  path: string,
  hash: Hash,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  // Opening a pipe waits for a writer, and a device may never end: only plain files are opened.
  if (!(await stat(path)).isFile()) throw new SkipFileError("not a plain file");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let lines = 0;
  for await (const bytes of createReadStream(path, { highWaterMark: PIECE_BYTES, signal })) {
    if (bytes.includes(0)) throw new SkipFileError("binary file (it has a zero byte)");
    hash.update(bytes);
    yield decode(decoder, bytes, lines);
    lines += countNewlines(bytes);
  }
  yield decode(decoder, undefined, lines);
}

/** Decodes the next bytes, or with `undefined` the end. */
function decode(decoder: TextDecoder, bytes: Buffer | undefined, linesBefore: number): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    const upToFault = bytes?.toString("utf-8").split("\uFFFD", 1)[0] ?? "";
    const line = linesBefore + countNewlines(Buffer.from(upToFault)) + 1;
    throw new Error(`not valid UTF-8 near line ${line}; convert the file to UTF-8`);
  }
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}
