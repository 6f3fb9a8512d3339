import { readTime } from "./read_time.ts";

/** What a program in a container has written, without what the container engine adds. */
export interface Piece {
  readonly text: string;
  /** When the engine has seen it, where there is one. */
  readonly time?: string;
  /** Whether the next piece continues the line. */
  readonly isPartial?: boolean;
}

const MAX_TIME = 48;

/** Unwraps a line of Docker's `json-file` driver or of a container runtime (CRI); others stay. */
export function unwrap(text: string): Piece {
  if (text.startsWith('{"log":"')) return readDocker(text) ?? { text };
  return readCri(text) ?? { text };
}

/** `{"log":"Gate 3 is stuck\n","stream":"stderr","time":"2026-05-04T10:00:00.123456789Z"}` */
function readDocker(text: string): Piece | undefined {
  let line: { readonly log?: unknown; readonly stream?: unknown; readonly time?: unknown };
  try {
    line = JSON.parse(text);
  } catch {
    // It is reported as any other line that begins as JSON.
    return undefined;
  }
  const { log, stream, time } = line;
  if (typeof log !== "string" || typeof stream !== "string" || typeof time !== "string") {
    return undefined;
  }
  if (readTime(time) !== time) return undefined;
  const isPartial = !log.endsWith("\n");
  return { text: isPartial ? log : log.trimEnd(), time, isPartial };
}

/** `2026-05-04T10:00:00.123456789Z stderr F Gate 3 is stuck`; `P` where the line goes on. */
function readCri(text: string): Piece | undefined {
  const end = text.slice(0, MAX_TIME).indexOf(" ");
  const rest = text.slice(end + 1, end + 10);
  const isWrapped = end !== -1 && /^std(?:out|err) [FP](?: |$)/.test(rest);
  if (!isWrapped) return undefined;
  const time = text.slice(0, end);
  if (readTime(time) !== time) return undefined;
  return { text: text.slice(end + 10), time, isPartial: rest.charAt(7) === "P" };
}
