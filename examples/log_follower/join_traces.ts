import { FormatError, type NumberedLine } from "@headrace/formats/lines";
import type { ItemTransform } from "@headrace/pipeline";
import { type Piece, unwrap } from "./containers.ts";
import { QUIET } from "./follow_file.ts";
import type { Line } from "./split_lines.ts";
import { isContinuation } from "./traces.ts";

/** More of a stack trace is left out. */
const MAX_TRACE_LINES = 200;

/** The line of an entry, with the lines that continue it. */
export interface LogRecord extends NumberedLine {
  /** When a container engine has seen it. */
  readonly time?: string;
  /** The lines that continue it. */
  readonly trace?: string;
}

/** A record to which further lines may belong. */
interface Open {
  readonly number: number;
  readonly time: string | undefined;
  /** Pieces of the first line. */
  readonly text: string[];
  readonly trace: string[][];
  length: number;
  /** Whether the next piece continues the last line. */
  isPartial: boolean;
}

/**
 * Joins the lines of stack traces to the line that they belong to, and the pieces of lines that a
 * container engine has cut. A record comes out when the next one begins, or when the log is quiet;
 * of more than `maxLength` characters the rest is left out.
 */
export function joinTraces(
  { maxLength }: { readonly maxLength: number },
): () => ItemTransform<Line | typeof QUIET, LogRecord | FormatError, unknown> {
  return () => {
    let open: Open | undefined;
    const close = (): LogRecord[] => {
      const closed = open === undefined ? [] : [toRecord(open)];
      open = undefined;
      return closed;
    };
    /** Adds a piece to the last line. */
    const add = (record: Open, { text, isPartial = false }: Piece): LogRecord[] => {
      record.isPartial = isPartial;
      if (record.length + text.length <= maxLength) {
        record.length += text.length;
        (record.trace.at(-1) ?? record.text).push(text);
      }
      return [];
    };
    return {
      transform(line) {
        if (line === QUIET) return open?.isPartial ? [] : close();
        if (line instanceof FormatError) return [...close(), line];
        const piece = unwrap(line.text);
        if (open?.isPartial) return add(open, piece);
        const { text, time, isPartial = false } = piece;
        if (open !== undefined && isContinuation(text)) {
          if (open.trace.length < MAX_TRACE_LINES) open.trace.push([]);
          // The rest is left out, as it is for a record that is too long.
          else open.length = maxLength;
          return add(open, piece);
        }
        const before = close();
        open = {
          number: line.number,
          time,
          text: [text],
          trace: [],
          length: text.length,
          isPartial,
        };
        return before;
      },
      flush: close,
      snapshot: () => open,
      // The cast: it is what `snapshot` has returned.
      restore: (saved) => open = saved as Open | undefined,
    };
  };
}

function toRecord({ number, time, text, trace }: Open): LogRecord {
  const lines = trace.map((pieces) => pieces.join("")).filter((line) => line.trim() !== "");
  return {
    number,
    text: text.join("").trim(),
    ...(time !== undefined && { time }),
    ...(lines.length > 0 && { trace: lines.join("\n") }),
  };
}
