import { createHash, type Hash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { TextDetector, type TextEncoding } from "../text_detector.ts";

/** A file up to this long is held; a longer one is read again, piece by piece, when it is split. */
const MAX_HELD_BYTES = 256 * 1024;
const PIECE_BYTES = 64 * 1024;
/** In a name, replaces bytes that are no UTF-8: no file is found by it. */
const REPLACEMENT = "\ufffd";

/**
 * A file whose bytes were all seen once.
 *
 * @category Files
 */
export interface TextFile {
  /** Absolute path. */
  readonly path: string;
  /** SHA-256 of the settings and the bytes, in hex: it changes when the chunks would. */
  readonly hash: string;
  /** The whole text in pieces of any length. */
  text(signal: AbortSignal): Iterable<string> | AsyncIterable<string>;
}

/**
 * A file has nothing to embed: it is empty, binary, or not a plain file.
 *
 * @category Files
 *
 * @example What it says
 * ```ts
 * import { SkipFileError } from "@headrace/documents/files";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new SkipFileError("empty file").code, "FILE_SKIPPED");
 * ```
 */
export class SkipFileError extends Error {
  /** `SkipFileError`. */
  override readonly name: string = "SkipFileError";
  /** `FILE_SKIPPED`. */
  readonly code: string = "FILE_SKIPPED";
}

/**
 * Reads one file as text, in the encoding that it shows: UTF-8, UTF-16 or Windows-1252. All of its bytes
 * are seen once; of a long file none are held, and its text is read again, piece by piece.
 *
 * @param path Absolute path of the file.
 * @param settings Everything beside the bytes that decides what becomes of the text; part of the hash.
 * @param signal Ends the reading: it rejects with its reason.
 * @throws {SkipFileError} The file is empty, binary, or not a plain file.
 * @throws {Error} The file cannot be read, or its encoding is broken or not recognised.
 * @category Files
 *
 * @example Text and hash of a file
 * ```ts
 * import { readTextFile } from "@headrace/documents/files";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "# Für");
 * const { signal } = new AbortController();
 * const file = await readTextFile(path, "split-1", signal);
 * assertEquals((await Array.fromAsync(file.text(signal))).join(""), "# Für");
 * assertEquals(file.hash.length, 64);
 * await Deno.remove(path);
 * ```
 */
export async function readTextFile(
  path: string,
  settings: string,
  signal: AbortSignal,
): Promise<TextFile> {
  const hash = startHash(settings);
  const detector = new TextDetector();
  const held: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of readPieces(path, hash, signal)) {
    detector.write(bytes);
    length += bytes.length;
    if (length <= MAX_HELD_BYTES) held.push(bytes);
  }
  if (length === 0) throw new SkipFileError("empty file");
  const found = detector.end();
  if (found.kind === "binary") throw new SkipFileError(`binary file (${found.reason})`);
  if (found.kind === "broken") throw new Error(found.reason);

  const digest = hash.digest("hex");
  const { encoding } = found;
  if (length <= MAX_HELD_BYTES) {
    const text = [...decodePieces(held, encoding)].join("");
    return { path, hash: digest, text: () => [text] };
  }
  return {
    path,
    hash: digest,
    text: (again) => readAgain(path, settings, digest, encoding, again),
  };
}

async function* readAgain(
  path: string,
  settings: string,
  expected: string,
  encoding: TextEncoding,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const hash = startHash(settings);
  const decoder = new TextDecoder(encoding);
  for await (const bytes of readPieces(path, hash, signal)) {
    yield decoder.decode(bytes, { stream: true });
  }
  yield decoder.decode();
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
): AsyncGenerator<Uint8Array, void, undefined> {
  if (path.includes(REPLACEMENT) && !existsSync(path)) {
    throw new Error("its name is not valid UTF-8; rename it");
  }
  // Opening a pipe waits for a writer, and a device may never end: only plain files are opened.
  if (!(await stat(path)).isFile()) throw new SkipFileError("not a plain file");
  signal.throwIfAborted();
  const file = await open(path);
  try {
    for (;;) {
      const buffer = new Uint8Array(PIECE_BYTES);
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, null);
      signal.throwIfAborted();
      if (bytesRead === 0) return;
      const bytes = buffer.subarray(0, bytesRead);
      hash.update(bytes);
      yield bytes;
    }
  } finally {
    await file.close();
  }
}

function* decodePieces(pieces: readonly Uint8Array[], encoding: TextEncoding): Generator<string> {
  const decoder = new TextDecoder(encoding);
  for (const bytes of pieces) yield decoder.decode(bytes, { stream: true });
  yield decoder.decode();
}
