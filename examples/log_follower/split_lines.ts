import { createLineDecoder, FormatError, type NumberedLine } from "@headrace/formats/lines";
import type { ItemTransform } from "@headrace/pipeline";
import { type Chunk, FILE_START, QUIET } from "./follow_file.ts";

const NEWLINE = 10;

/** A line of a file, without the white space at its end, or why it cannot be read. */
export type Line = NumberedLine | FormatError;

/** Options of {@linkcode splitLines}. */
export interface SplitOptions {
  /** The longest line, in characters. */
  readonly maxLength: number;
  /** Whether a line that has not ended is left, at the end of the log, for the next time. */
  readonly leavesRest?: boolean | undefined;
}

/**
 * Cuts the bytes of files into lines. A line comes out when its line break has come, and the last
 * one of a file when the file is over. Blank lines are left out. Of a line that is too long no more
 * than `maxLength` characters are held. `QUIET` passes.
 *
 * A zero byte ends a line as well, without a number of its own: a log that was cut while a program
 * writes to it, or not written to the disk before a crash, has them in front of the next entry.
 */
export function splitLines(
  { maxLength, leavesRest = false }: SplitOptions,
): () => ItemTransform<Chunk, Line | typeof QUIET, unknown> {
  return () => {
    const open = () => createLineDecoder({ maxLength, numbered: true, skipBlank: true });
    let decoder = open();
    /** The number of lines that the decoder has not seen: those before a restart. */
    let skipped = 0;
    let ended = 0;
    const finish = (lines: readonly Line[]) => trimEach(lines, skipped);
    return {
      transform(chunk) {
        if (chunk === QUIET) return [QUIET];
        if (chunk === FILE_START) {
          const last = finish(decoder.end());
          [decoder, skipped, ended] = [open(), 0, 0];
          return last;
        }
        ended += count(chunk, NEWLINE);
        const found: Line[] = [];
        let start = 0;
        for (let end: number; (end = chunk.indexOf(0, start)) !== -1; start = end + 1) {
          if (end > start) found.push(...decoder.push(chunk.subarray(start, end)));
          found.push(...decoder.end());
        }
        found.push(...decoder.push(chunk.subarray(start)));
        return finish(found);
      },
      flush: (isComplete) => isComplete && !leavesRest ? finish(decoder.end()) : [],
      // Positions are those after line breaks: what has come of a line since is read again.
      snapshot: () => ended,
      restore: (saved) => skipped = ended = Number(saved),
    };
  };
}

/** The number of a line in its file, from 1. */
export function numberOf(line: NumberedLine | FormatError): number {
  return line instanceof FormatError ? line.record : line.number;
}

function count(bytes: Uint8Array, wanted: number): number {
  let count = 0;
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) count++;
  return count;
}

/** Without the marks that programs write where they begin to append to a file. */
function trimEach(lines: readonly Line[], skipped: number): Line[] {
  return lines.flatMap((line): Line[] => {
    if (line instanceof FormatError) {
      const { code, format, record } = line;
      return [
        skipped === 0
          ? line
          : new FormatError(line.message, { code, format, record: record + skipped }),
      ];
    }
    const text = line.text.trimEnd().replace(/^\uFEFF/, "");
    return text === "" ? [] : [{ number: line.number + skipped, text }];
  });
}
