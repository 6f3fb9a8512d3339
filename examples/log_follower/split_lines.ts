import { createLineDecoder, FormatError, type NumberedLine } from "@headrace/formats/lines";
import type { ItemTransform } from "@headrace/pipeline";
import { FILE_START } from "./follow_file.ts";

/** A line of a file, without the white space at its end, or why it cannot be read. */
export type Line = NumberedLine | FormatError;

/**
 * Cuts the bytes of files into lines. A line comes out when its line break is there, and the last
 * one of a file when the file is over. Blank lines are left out. Of a line that is too long no more
 * than `maxLength` characters are held.
 *
 * A zero byte ends a line as well, without a number of its own: a log that was cut while a program
 * writes to it, or not written to the disk before a crash, has them in front of the next entry.
 */
export function splitLines(
  maxLength: number,
): () => ItemTransform<Uint8Array | typeof FILE_START, Line, unknown> {
  return () => {
    const open = () => createLineDecoder({ maxLength, numbered: true, skipBlank: true });
    let decoder = open();
    return {
      transform(chunk) {
        const found: Line[] = [];
        if (chunk === FILE_START) {
          found.push(...decoder.end());
          decoder = open();
          return trimEach(found);
        }
        let start = 0;
        for (let end: number; (end = chunk.indexOf(0, start)) !== -1; start = end + 1) {
          if (end > start) found.push(...decoder.push(chunk.subarray(start, end)));
          found.push(...decoder.end());
        }
        found.push(...decoder.push(chunk.subarray(start)));
        return trimEach(found);
      },
      flush: (isComplete) => isComplete ? trimEach(decoder.end()) : [],
    };
  };
}

/** The number of a line in its file, from 1. */
export function numberOf(line: Line): number {
  return line instanceof FormatError ? line.record : line.number;
}

/** Without the marks that programs write where they begin to append to a file. */
function trimEach(lines: readonly Line[]): Line[] {
  return lines.flatMap((line): Line[] => {
    if (line instanceof FormatError) return [line];
    const text = line.text.trimEnd().replace(/^\uFEFF/, "");
    return text === "" ? [] : [{ number: line.number, text }];
  });
}
