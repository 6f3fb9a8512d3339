import { fstatSync, statSync } from "node:fs";
import { UsageError } from "./args.ts";

/**
 * Checks that what is written does not replace what is read, by whatever names.
 *
 * @throws {UsageError} If both are one file.
 * @throws {Error} If there is nothing to read.
 */
export function requireOtherFile(late: string, input: string | number): void {
  const read = typeof input === "number" ? fstatSync(input) : statSync(input);
  const written = statSync(late, { throwIfNoEntry: false });
  // Devices, such as a terminal or /dev/null, are not replaced.
  if (!written?.isFile() || written.dev !== read.dev || written.ino !== read.ino) return;
  throw new UsageError(`--late must be another file than the clicks, got "${late}"`);
}
