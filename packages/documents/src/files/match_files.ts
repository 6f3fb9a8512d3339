// @ts-types="@types/picomatch"
import picomatch from "picomatch";
import { complaint } from "../_options.ts";

/**
 * Makes a test of paths out of a glob pattern.
 *
 * @param pattern Relative to a folder, with `/` between segments, such as `**\/*.{md,mdx}`.
 * @returns Whether a path, relative to that folder and with `/`, belongs to the pattern.
 * @throws {TypeError} If the pattern is empty or leaves the folder.
 * @category Files
 *
 * @example Markdown at any depth
 * ```ts
 * import { matchFiles } from "@headrace/documents/files";
 * import { assertEquals } from "@std/assert";
 *
 * const matches = matchFiles("docs/*.md");
 * assertEquals(["docs/a.md", "docs/a.txt", "a.md"].map(matches), [true, false, false]);
 * ```
 */
export function matchFiles(pattern: string): (path: string) => boolean {
  const plain = typeof pattern === "string" ? pattern.replace(/^\.\//, "") : "";
  if (plain === "" || plain.startsWith("/") || plain.split("/").includes("..")) {
    const rule = 'a glob that stays inside the folder, such as "**/*.md"';
    throw new TypeError(complaint("matchFiles", "pattern", rule, pattern));
  }
  // A name may have a line break, which a dot stands for with this flag alone.
  const isMatch = picomatch(plain, { flags: "s" });
  // Given more than a path, as by `filter`, it would answer with an object.
  return (path) => isMatch(path);
}
