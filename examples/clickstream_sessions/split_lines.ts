import { createStreamingStep, type StreamingStep } from "@headrace/pipeline";

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line with its number in the input, from 1: its text, or the code of why it has none. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly code: "LINE_TOO_LONG" | "NOT_UTF8" };

/**
 * Cuts bytes into lines. Blank lines are counted in the numbers and dropped. A line is decoded as a
 * whole, so bytes that are not UTF-8 make their own line bad and no other. No more than
 * `maxLineBytes` of a line is held.
 */
export function splitLines(maxLineBytes: number): StreamingStep<Uint8Array, Line> {
  return createStreamingStep("splitLines", async function* ({ input }) {
    const open = new OpenLine(maxLineBytes);
    for await (const chunk of input) {
      let start = 0;
      for (let end: number; (end = chunk.indexOf(NEWLINE, start)) !== -1; start = end + 1) {
        open.append(chunk.subarray(start, end));
        const line = open.end();
        if (line !== undefined) yield line;
      }
      open.append(chunk.subarray(start));
    }
    const last = open.end();
    if (last !== undefined) yield last;
  });
}

/** The line that has not ended yet, in a buffer that all lines share. */
class OpenLine {
  readonly #maxLineBytes: number;
  readonly #bytes: Uint8Array;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** Larger than the buffer where the line is too long. */
  #length = 0;
  #endsInReturn = false;
  #number = 1;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
    // One more, for the first byte of a line break of two.
    this.#bytes = new Uint8Array(maxLineBytes + 1);
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#length + bytes.length <= this.#bytes.length) this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    this.#endsInReturn = bytes.at(-1) === CARRIAGE_RETURN;
  }

  /** Returns nothing where the line is blank. */
  end(): Line | undefined {
    const line = this.#read(this.#number++, this.#length - (this.#endsInReturn ? 1 : 0));
    this.#length = 0;
    this.#endsInReturn = false;
    return "text" in line && line.text.trim() === "" ? undefined : line;
  }

  #read(number: number, length: number): Line {
    if (length > this.#maxLineBytes) return { number, code: "LINE_TOO_LONG" };
    try {
      return { number, text: this.#decoder.decode(this.#bytes.subarray(0, length)) };
    } catch {
      return { number, code: "NOT_UTF8" };
    }
  }
}
