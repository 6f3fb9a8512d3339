import type { Entry, Line } from "./lines.ts";

/**
 * Checks one line; what is not JSON becomes an error. The text itself is passed on, because parsing
 * rounds numbers beyond 2^53 and drops keys that come twice.
 */
export function readEntry(line: Line): Entry {
  if ("error" in line) return line;
  try {
    JSON.parse(line.text);
    return { line: line.line, recordJson: line.text };
  } catch (cause) {
    const message = `The line must be JSON: ${(cause as SyntaxError).message}`;
    return { line: line.line, error: { code: "INVALID_JSON", message } };
  }
}
