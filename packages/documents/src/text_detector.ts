import { complaint } from "./_options.ts";

/**
 * Encodings that are recognised, by the names that `TextDecoder` takes.
 *
 * @category Reading
 */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/**
 * What bytes are: text in an encoding, or something to leave out, with the reason.
 *
 * @category Reading
 */
export type DetectedText =
  | { readonly kind: "text"; readonly encoding: TextEncoding }
  | { readonly kind: "binary"; readonly reason: string }
  | { readonly kind: "broken"; readonly reason: string };

/** How much of the beginning decides between UTF-16 and binary. */
const HEAD_BYTES = 4096;
/** More bytes above ASCII than this share: no text of Western Europe, so not Windows-1252. */
const MAX_HIGH_SHARE = 0.35;

/** ASCII in UTF-16 is zeros by half: text counts as UTF-16 where at least one byte in this many is zero. */
const MIN_ZERO_SHARE = 4;

/**
 * Detects the encoding of bytes that come in pieces: UTF-8, UTF-16 of either order, both with or
 * without a mark, and otherwise Windows-1252, which Latin-1 is part of. Holds 4 KiB at most.
 *
 * @example The encoding of a file
 * ```ts
 * import { TextDetector } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * const detector = new TextDetector();
 * detector.write(new Uint8Array([0x63, 0x61, 0x66, 0xe9]));
 * assertEquals(detector.end(), { kind: "text", encoding: "windows-1252" });
 * ```
 *
 * @category Reading
 */
export class TextDetector {
  readonly #head: number[] = [];
  #isOdd = false;
  #zeros = false;
  #controls = 0;
  #high = 0;
  #undefinedHigh = false;
  #dense = 0;
  #line = 1;
  // UTF-8: how many bytes the incomplete character lacks, and the range of its next byte.
  #wanted = 0;
  #taken = 0;
  #low = 0x80;
  #top = 0xbf;
  #validSequences = 0;
  #faults = 0;
  #brokenLine = 0;

  /**
   * Takes the next bytes.
   *
   * @category Reading
   */
  write(bytes: Uint8Array): void {
    // By what it is, not by its class: bytes may be of another realm.
    if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1) {
      throw new TypeError(complaint("write", "bytes", "a Uint8Array", bytes));
    }
    for (let at = 0; at < bytes.length && this.#head.length < HEAD_BYTES; at++) {
      this.#head.push(bytes[at] ?? 0);
    }
    for (const byte of bytes) this.#take(byte);
    this.#isOdd = this.#isOdd !== (bytes.length % 2 === 1);
  }

  /**
   * What all bytes together are.
   *
   * @category Reading
   */
  end(): DetectedText {
    const found = this.#find();
    const isUtf16 = found.kind === "text" && found.encoding.startsWith("utf-16");
    if (!isUtf16 || !this.#isOdd) return found;
    return { kind: "broken", reason: "it is UTF-16 that ends within a character" };
  }

  #find(): DetectedText {
    const marked = this.#readMark();
    if (marked !== undefined) return marked;
    if (this.#zeros) {
      const encoding = guessUtf16(Uint8Array.from(this.#head));
      return encoding === undefined
        ? { kind: "binary", reason: "it has a zero byte" }
        : { kind: "text", encoding };
    }
    if (startsWith(this.#head, "%PDF-")) return { kind: "binary", reason: "it is a PDF" };
    const isUtf8 = this.#brokenLine === 0 && this.#wanted === 0;
    // A file cut within a character is broken UTF-8; one that ends with "é" of Latin-1 is not.
    const isCut = this.#brokenLine === 0 && this.#taken > 1;
    const mayBeText = isUtf8 ? this.#controls * 10 <= this.#dense : this.#controls === 0;
    if (!mayBeText) {
      // Half of an ideograph may look like a control character.
      const encoding = guessUtf16(Uint8Array.from(this.#head));
      return encoding === undefined
        ? { kind: "binary", reason: "it has control characters" }
        : { kind: "text", encoding };
    }
    if (isUtf8) return { kind: "text", encoding: "utf-8" };
    if (isCut || this.#validSequences >= Math.max(1, this.#faults)) return this.#brokenUtf8();
    if (this.#undefinedHigh || this.#high > this.#dense * MAX_HIGH_SHARE) {
      return { kind: "broken", reason: "its encoding is not recognised; convert it to UTF-8" };
    }
    return { kind: "text", encoding: "windows-1252" };
  }

  #readMark(): DetectedText | undefined {
    const [a, b, c, d] = this.#head;
    if (a === 0xff && b === 0xfe) {
      if (c === 0 && d === 0) {
        return { kind: "broken", reason: "it is UTF-32; convert it to UTF-8" };
      }
      return { kind: "text", encoding: "utf-16le" };
    }
    if (a === 0xfe && b === 0xff) return { kind: "text", encoding: "utf-16be" };
    if (a !== 0xef || b !== 0xbb || c !== 0xbf) return undefined;
    if (this.#zeros) return { kind: "binary", reason: "it has a zero byte" };
    if (this.#brokenLine > 0 || this.#wanted > 0) return this.#brokenUtf8();
    return { kind: "text", encoding: "utf-8" };
  }

  #brokenUtf8(): DetectedText {
    const line = this.#brokenLine || this.#line;
    return {
      kind: "broken",
      reason: `not valid UTF-8 near line ${line}; convert the file to UTF-8`,
    };
  }

  #take(byte: number): void {
    if (byte === 0) this.#zeros = true;
    else if (byte === 10) this.#line++;
    else if (isControl(byte)) this.#controls++;
    if (byte > 32) this.#dense++;
    if (byte > 127) this.#high++;
    if (byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d) {
      this.#undefinedHigh = true;
    }
    this.#checkUtf8(byte);
  }

  /** The table of well-formed sequences of The Unicode Standard, 3-7. */
  #checkUtf8(byte: number): void {
    if (this.#wanted > 0) {
      if (byte >= this.#low && byte <= this.#top) {
        this.#low = 0x80;
        this.#top = 0xbf;
        this.#taken++;
        if (--this.#wanted === 0) this.#validSequences++;
        return;
      }
      this.#wanted = 0;
      this.#breakAt();
    }
    this.#low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#top = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    this.#taken = 1;
    if (byte < 0x80) return;
    if (byte >= 0xc2 && byte <= 0xdf) this.#wanted = 1;
    else if (byte >= 0xe0 && byte <= 0xef) this.#wanted = 2;
    else if (byte >= 0xf0 && byte <= 0xf4) this.#wanted = 3;
    else this.#breakAt();
  }

  #breakAt(): void {
    this.#faults++;
    if (this.#brokenLine === 0) this.#brokenLine = this.#line;
  }
}

/** Tabs, line ends, form feeds and escapes (of terminals) are in texts; the others are not. */
function isControl(unit: number): boolean {
  return unit < 9 || unit === 11 || unit > 13 && unit < 32 && unit !== 27 || unit === 127;
}

function startsWith(head: readonly number[], mark: string): boolean {
  return [...mark].every((char, at) => head[at] === char.charCodeAt(0));
}

/**
 * The order in which the text has more ASCII and no character that texts do not have. What is ASCII but
 * for zeros is UTF-16 only where they are as many as there: otherwise the pairs of an ASCII text with a
 * zero in it would be read as ideographs.
 */
function guessUtf16(head: Uint8Array): TextEncoding | undefined {
  const zeros = head.filter((byte) => byte === 0).length;
  if (zeros * MIN_ZERO_SHARE < head.length && head.every(isAsciiOrZero)) return undefined;
  const little = scoreUtf16(head, true);
  const big = scoreUtf16(head, false);
  if (little <= 0 && big <= 0) return undefined;
  return little >= big ? "utf-16le" : "utf-16be";
}

/** Without the tab, which is in every letter of Devanagari. */
function isAsciiOrZero(byte: number): boolean {
  return byte >= 32 && byte < 127 || byte === 0 || byte === 10 || byte === 13;
}

function scoreUtf16(head: Uint8Array, littleEndian: boolean): number {
  const view = new DataView(head.buffer);
  let text = "";
  let score = 0;
  for (let at = 0; at + 1 < head.length; at += 2) {
    const unit = view.getUint16(at, littleEndian);
    if (isControl(unit)) return 0;
    text += String.fromCharCode(unit);
    if (unit < 0x80 || unit >= 0x3000 && unit <= 0x3002) score++;
  }
  // The last pair of surrogates may be cut by the end of the head.
  const whole = text.replace(/[\uD800-\uDBFF]$/, "");
  const isText = whole.isWellFormed() && !/[\u0080-\u009f\p{Cn}\p{Co}]/u.test(whole);
  return isText ? score : 0;
}
