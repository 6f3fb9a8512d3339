import { matchFiles } from "@headrace/documents/files";
import { relative, sep } from "node:path";
import { UsageError } from "./errors.ts";

export const DEFAULT_PATTERN = "**/*.md";

/**
 * Whether a path, relative to the folder and with `/`, belongs to a pattern.
 *
 * @throws {UsageError} The pattern leaves the folder.
 */
export function createMatcher(pattern: string): (path: string) => boolean {
  try {
    return matchFiles(pattern);
  } catch {
    throw new UsageError(
      `The pattern must stay inside the folder, such as "${DEFAULT_PATTERN}", got "${pattern}"`,
    );
  }
}

/** As {@linkcode createMatcher}, for absolute paths, in the folder or not. */
export function createPathMatcher(folder: string, pattern: string): (path: string) => boolean {
  const matches = createMatcher(pattern);
  const base = folder.endsWith(sep) ? folder : folder + sep;
  return (path) => path.startsWith(base) && matches(relative(folder, path).replaceAll(sep, "/"));
}
