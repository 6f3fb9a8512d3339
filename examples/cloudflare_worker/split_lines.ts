import { createStreamingStep, type StreamingStep } from "@headrace/pipeline";
import type { Line } from "./lines.ts";

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Options of {@linkcode splitLines}. */
export interface SplitLinesOptions {
  /** The longest line that is kept, without its line break: a positive integer. */
  readonly maxLineBytes: number;
  /** The most lines in one group: a positive integer. */
  readonly maxGroupLines: number;
}

/**
 * Cuts bytes into lines, in groups of those that arrived together. Blank lines are counted and
 * dropped. A line that is too long or not UTF-8 becomes an error; no more of it is held than
 * `maxLineBytes`.
 */
export function splitLines(options: SplitLinesOptions): StreamingStep<Uint8Array, Line[]> {
  return createStreamingStep("splitLines", async function* ({ input }) {
    const open = new OpenLine(options.maxLineBytes);
    let group: Line[] = [];
    for await (const chunk of input) {
      let start = 0;
      for (let end: number; (end = chunk.indexOf(NEWLINE, start)) !== -1; start = end + 1) {
        open.append(chunk.subarray(start, end));
        open.endInto(group);
        if (group.length < options.maxGroupLines) continue;
        yield group;
        group = [];
      }
      open.append(chunk.subarray(start));
      if (group.length > 0) yield group;
      group = [];
    }
    open.endInto(group);
    if (group.length > 0) yield group;
  });
}

/** The line that has not ended yet, in a buffer that is used for all of them. */
class OpenLine {
  readonly #maxLineBytes: number;
  readonly #bytes: Uint8Array;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** The line's length so far; more than fits into the buffer where it is too long. */
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

  endInto(group: Line[]): void {
    const line = this.#read(this.#number++, this.#length - (this.#endsInReturn ? 1 : 0));
    this.#length = 0;
    this.#endsInReturn = false;
    if ("error" in line || line.text.trim() !== "") group.push(line);
  }

  #read(line: number, length: number): Line {
    if (length > this.#maxLineBytes) {
      const message = `The line must be at most ${this.#maxLineBytes} bytes long, got ${length}`;
      return { line, error: { code: "LINE_TOO_LONG", message } };
    }
    try {
      return { line, text: this.#decoder.decode(this.#bytes.subarray(0, length)) };
    } catch {
      return { line, error: { code: "INVALID_UTF8", message: "The line must be UTF-8" } };
    }
  }
}
