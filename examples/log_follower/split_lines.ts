import { createStreamingStep, type StreamingStep } from "@headrace/pipeline";
import { FILE_START } from "./follow_file.ts";

/** A line of a file. */
export interface Line {
  /** Its number in its file, from 1. */
  readonly number: number;
  /** Without the white space at its end; empty where the line is too long. */
  readonly text: string;
  /** Whether it had more characters than are kept. */
  readonly isTooLong: boolean;
}

/**
 * Cuts the bytes of files into lines. A line comes out when its line break is there, and the last
 * one of a file when the file is over. Blank lines are left out. Of a line that is too long no more
 * than `maxLineChars` characters are held.
 */
export function splitLines(
  maxLineChars: number,
): StreamingStep<Uint8Array | typeof FILE_START, Line> {
  return createStreamingStep("splitLines", async function* ({ input }) {
    let line = new OpenLine(1, maxLineChars);
    // A character may be cut in two as well: the decoder keeps its first bytes.
    let decoder = new TextDecoder();
    for await (const chunk of input) {
      if (chunk === FILE_START) {
        line.append(decoder.decode());
        if (!line.isBlank) yield line.end();
        line = new OpenLine(1, maxLineChars);
        decoder = new TextDecoder();
        continue;
      }
      const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
      line.append(first);
      for (const text of others) {
        if (!line.isBlank) yield line.end();
        line = new OpenLine(line.number + 1, maxLineChars);
        line.append(text);
      }
    }
    line.append(decoder.decode());
    if (!line.isBlank) yield line.end();
  });
}

/** The line that has not ended yet. */
class OpenLine {
  readonly number: number;
  readonly #maxChars: number;
  #text = "";
  #isTooLong = false;

  constructor(number: number, maxChars: number) {
    this.number = number;
    this.#maxChars = maxChars;
  }

  get isBlank(): boolean {
    return !this.#isTooLong && this.#text.trim() === "";
  }

  append(text: string): void {
    if (this.#isTooLong) return;
    this.#isTooLong = this.#text.length + text.length > this.#maxChars;
    this.#text = this.#isTooLong ? "" : this.#text + text;
  }

  end(): Line {
    return { number: this.number, text: this.#text.trimEnd(), isTooLong: this.#isTooLong };
  }
}
