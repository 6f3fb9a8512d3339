import { createStreamingStep, type StreamingStep } from "@headrace/pipeline";
import { FILE_START } from "./follow_file.ts";

const NEWLINE = 0x0a;

/** A line of a file. */
export interface Line {
  /** Its number in its file, from 1. */
  readonly number: number;
  /** Without the white space at its end; empty where there is a `problem`. */
  readonly text: string;
  /** Why the line has no text. */
  readonly problem?: "LINE_TOO_LONG" | "NOT_UTF8" | undefined;
}

/**
 * Cuts the bytes of files into lines. A line comes out when its line break is there, and the last
 * one of a file when the file is over. Blank lines are left out. Of a line that is too long no more
 * than `maxLineBytes` are held.
 *
 * A zero byte ends a line as well, without a number of its own: a log that was cut while a program
 * writes to it, or not written to the disk before a crash, has them in front of the next entry.
 */
export function splitLines(
  maxLineBytes: number,
): StreamingStep<Uint8Array | typeof FILE_START, Line> {
  return createStreamingStep("splitLines", async function* ({ input }) {
    const open = new OpenLine(maxLineBytes);
    let number = 1;
    for await (const chunk of input) {
      if (chunk === FILE_START) {
        const last = open.end(number);
        if (last !== undefined) yield last;
        number = 1;
        continue;
      }
      let start = 0;
      for (let index = 0; index < chunk.length; index++) {
        const byte = chunk[index];
        if (byte !== NEWLINE && byte !== 0) continue;
        open.append(chunk.subarray(start, index));
        start = index + 1;
        const line = open.end(number);
        if (line !== undefined) yield line;
        if (byte === NEWLINE) number++;
      }
      open.append(chunk.subarray(start));
    }
    const last = open.end(number);
    if (last !== undefined) yield last;
  });
}

/** The line that has not ended yet, in a buffer that all lines share. */
class OpenLine {
  readonly #bytes: Uint8Array;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** Larger than the buffer where the line is too long. */
  #length = 0;

  constructor(maxLineBytes: number) {
    this.#bytes = new Uint8Array(maxLineBytes);
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length <= this.#bytes.length) this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Returns nothing where the line is blank. */
  end(number: number): Line | undefined {
    const length = this.#length;
    this.#length = 0;
    if (length === 0) return undefined;
    if (length > this.#bytes.length) return { number, text: "", problem: "LINE_TOO_LONG" };
    try {
      const text = this.#decoder.decode(this.#bytes.subarray(0, length)).trimEnd();
      return text === "" ? undefined : { number, text };
    } catch {
      return { number, text: "", problem: "NOT_UTF8" };
    }
  }
}
