// Chunks of bytes or text to text that is never cut inside a character.

const BYTE_ORDER_MARK = 0xfeff;
const REPLACEMENT = 0xfffd;
const NOTHING = new Uint8Array(0);

/** Where no byte is wrong, which is nearly always. */
const NOWHERE: readonly number[] = [];

/** The text of one input, chunk by chunk. */
export class TextInput {
  /** Positions, in the text that was read last, of characters in place of bytes that are not UTF-8. */
  #bad: readonly number[] = NOWHERE;
  /** How many of them have been taken. */
  #taken = 0;
  readonly #strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The first bytes of a character whose other bytes have not come. */
  #tail: Uint8Array = NOTHING;
  #isStart = true;

  /** The text of a chunk, up to its last whole character. */
  read(chunk: unknown): string {
    this.#setBad(NOWHERE);
    if (typeof chunk === "string") return this.#begin(this.#takeTail() + chunk);
    if (!isBytes(chunk)) {
      throw new TypeError(
        `Each chunk must be bytes (a Uint8Array) or text, got ${describeKind(chunk)}`,
      );
    }
    const bytes = this.#tail.length === 0 ? chunk : join(this.#tail, chunk);
    const open = countOpenBytes(bytes);
    // A copy, for the source may use its buffer again: `slice` of a Buffer would share its memory.
    this.#tail = open === 0 ? NOTHING : new Uint8Array(bytes.subarray(bytes.length - open));
    return this.#begin(this.#decode(bytes.subarray(0, bytes.length - open)));
  }

  /** The text that is left when no further chunk comes. */
  end(): string {
    this.#setBad(NOWHERE);
    return this.#begin(this.#takeTail());
  }

  /**
   * Whether bytes before the position `end` of the text that was read last are not UTF-8, other than those
   * that an earlier call has taken.
   */
  takeBad(end: number): boolean {
    const taken = this.#taken;
    while (this.#taken < this.#bad.length && this.#bad[this.#taken]! < end) this.#taken++;
    return this.#taken > taken;
  }

  #setBad(bad: readonly number[]): void {
    this.#bad = bad;
    this.#taken = 0;
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#strict.decode(bytes);
    } catch {
      const { text, bad } = decodeLoosely(bytes);
      this.#setBad(bad);
      return text;
    }
  }

  /** A character that is not complete becomes bad ones. */
  #takeTail(): string {
    if (this.#tail.length === 0) return "";
    const { text, bad } = decodeLoosely(this.#tail);
    this.#tail = NOTHING;
    this.#setBad(bad);
    return text;
  }

  #begin(text: string): string {
    if (!this.#isStart || text === "") return text;
    this.#isStart = false;
    if (text.charCodeAt(0) !== BYTE_ORDER_MARK) return text;
    this.#bad = this.#bad.map((position) => position - 1);
    return text.slice(1);
  }
}

/** Decodes what is not all UTF-8, and says where it is not: U+FFFD itself may stand in the bytes, too. */
function decodeLoosely(bytes: Uint8Array): { readonly text: string; readonly bad: number[] } {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const bad: number[] = [];
  let at = 0;
  for (let position = 0; position < text.length; position++) {
    const unit = text.charCodeAt(position);
    if (unit === REPLACEMENT && !isReplacement(bytes, at)) {
      bad.push(position);
      at += countWrongBytes(bytes, at);
    } else {
      // The two halves of a pair stand for four bytes.
      at += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
    }
  }
  return { text, bad };
}

function isReplacement(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
}

/**
 * How many bytes one U+FFFD stands for: as many as could have begun a character (Encoding Standard,
 * "UTF-8 decoder").
 */
function countWrongBytes(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const needed = countNeeded(lead);
  let count = 1;
  while (count < needed) {
    const byte = bytes[at + count];
    const lowest = count > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const highest = count > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (byte === undefined || byte < lowest || byte > highest) break;
    count++;
  }
  return count;
}

/** How many bytes at the end begin a character that is not complete. */
function countOpenBytes(bytes: Uint8Array): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return countNeeded(byte) > count ? count : 0;
  }
  return 0;
}

/** How many bytes a character has that begins with this one; 1 where none does. */
function countNeeded(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** Whether a value is a `Uint8Array`, of whichever realm: tests in a page of jsdom have another. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) &&
    Object.prototype.toString.call(value) === "[object Uint8Array]";
}

function describeKind(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (value !== null && typeof value === "object") return "an object";
  return typeof value === "undefined" || value === null ? String(value) : `a ${typeof value}`;
}
