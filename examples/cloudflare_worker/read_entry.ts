import type { Entry, Line } from "./lines.ts";

/** Parses one line; what is not JSON becomes an error. */
export function readEntry(line: Line): Entry {
  if ("error" in line) return line;
  try {
    return { line: line.line, record: JSON.parse(line.text) };
  } catch (cause) {
    const message = `The line must be JSON: ${(cause as SyntaxError).message}`;
    return { line: line.line, error: { code: "INVALID_JSON", message } };
  }
}
