import { writeSync } from "node:fs";
import process from "node:process";

/**
 * Writes a line to the standard output; throws where that takes nothing more. `console.log` says nothing of a
 * reader that has left, and the rest would be made in vain.
 */
export function print(line: string): void {
  let left: Uint8Array = new TextEncoder().encode(`${line}\n`);
  while (left.length > 0) left = left.subarray(writeSync(process.stdout.fd, left));
}
