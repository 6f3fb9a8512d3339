import { FormatError, type NumberedLine } from "@headrace/formats/lines";
import type { ItemTransform } from "@headrace/pipeline";
import { unwrap } from "./containers.ts";
import { QUIET } from "./follow_file.ts";
import type { Line } from "./split_lines.ts";
import { isContinuation } from "./traces.ts";

/** More of a stack trace is left out. */
const MAX_TRACE_LINES = 200;

/** The line of an entry, with those that go on with it. */
export interface LogRecord extends NumberedLine {
  /** When a container engine has seen it. */
  readonly time?: string;
  /** The lines that go on with it. */
  readonly trace?: string;
}

/** A record that may go on. */
interface Open {
  readonly number: number;
  readonly time: string | undefined;
  /** Pieces of the first line. */
  readonly text: string[];
  readonly trace: string[][];
  length: number;
  /** Whether the last line goes on with the next piece. */
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
    const add = (lines: string[] | undefined, text: string, isPartial: boolean) => {
      open!.isPartial = isPartial;
      if (lines === undefined || open!.length + text.length > maxLength) return;
      open!.length += text.length;
      lines.push(text);
    };
    return {
      transform(line) {
        if (line === QUIET) return open?.isPartial ? [] : close();
        if (line instanceof FormatError) return [...close(), line];
        const { text, time, isPartial = false } = unwrap(line.text);
        if (open?.isPartial) {
          add(open.trace.at(-1) ?? open.text, text, isPartial);
          return [];
        }
        if (open !== undefined && isContinuation(text)) {
          if (open.trace.length < MAX_TRACE_LINES) open.trace.push([]);
          else return [];
          add(open.trace.at(-1), text, isPartial);
          return [];
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
