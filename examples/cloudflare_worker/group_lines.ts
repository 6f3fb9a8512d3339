import { createLineDecoder, FormatError, type NumberedLine } from "@headrace/formats/lines";
import type { ItemTransform } from "@headrace/pipeline";
import type { Line } from "./lines.ts";

/** Options of {@linkcode groupLines}. */
export interface GroupLinesOptions {
  /** The longest line that is kept, in characters: a positive integer. */
  readonly maxLength: number;
  /** The most lines in one group: a positive integer. */
  readonly maxGroupLines: number;
}

/**
 * Cuts bytes into lines, in groups of those that arrived together. Blank lines are counted and
 * dropped. A line that is too long or not UTF-8 becomes an error; no more of it is held than
 * `maxLength`.
 */
export function groupLines(
  { maxLength, maxGroupLines }: GroupLinesOptions,
): () => ItemTransform<Uint8Array, Line[], unknown> {
  return () => {
    const decoder = createLineDecoder({ maxLength, numbered: true, skipBlank: true });
    const group = (found: readonly (NumberedLine | FormatError)[]): Line[][] => {
      const lines = found.map((line) => toLine(line, maxLength));
      const groups: Line[][] = [];
      for (let at = 0; at < lines.length; at += maxGroupLines) {
        groups.push(lines.slice(at, at + maxGroupLines));
      }
      return groups;
    };
    return {
      transform: (chunk) => group(decoder.push(chunk)),
      flush: (isComplete) => isComplete ? group(decoder.end()) : [],
    };
  };
}

function toLine(found: NumberedLine | FormatError, maxLength: number): Line {
  if (!(found instanceof FormatError)) return { line: found.number, text: found.text };
  const { record: line, code } = found;
  const rule = code === "LINE_TOO_LONG" ? `at most ${maxLength} characters long` : "UTF-8";
  return { line, error: { code, message: `The line must be ${rule}` } };
}
