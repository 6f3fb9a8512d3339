// Rules of ignore files, as git reads them: those of a file apply to its folder and below it, and of all that
// match a path, the last rule of the deepest file decides.

import ignore, { type Ignore } from "ignore";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/** More is no list of patterns. */
const MAX_FILE_BYTES = 1_048_576;

/**
 * A line with more is left out: the expression that it becomes would take long over a name that almost
 * fits.
 */
const MAX_STARS_PER_SEGMENT = 3;
const MAX_DEPTHS_PER_LINE = 4;

/** Where names of files have no case, as git finds out when it makes a repository. */
const IGNORES_CASE = process.platform === "darwin" || process.platform === "win32";

/** The rules for what is in a folder: those of the folders above, then its own, for paths from the top. */
export type IgnoreRules = Ignore;

/** The rules of no folder. */
export function createIgnoreRules(): IgnoreRules {
  return ignore({ ignorecase: IGNORES_CASE });
}

/** Called with each line that is left out. */
export type OnBadLine = (path: string, line: number) => void;

/** The rules for what is in a folder. */
export async function readIgnoreRules(
  above: IgnoreRules,
  top: string,
  folder: string,
  names: readonly string[],
  onBadLine: OnBadLine,
): Promise<IgnoreRules> {
  let rules = above;
  for (const name of names) {
    const path = join(top, folder, name);
    const text = await readText(path);
    if (text === undefined) continue;
    if (rules === above) rules = createIgnoreRules().add(above);
    for (const [index, line] of text.split("\n").entries()) {
      if (isCheap(line)) rules.add(fromTop(line, folder));
      else onBadLine(path, index + 1);
    }
  }
  return rules;
}

/** Whether a path, relative to the top, is left out. */
export function isIgnored(rules: IgnoreRules, path: string, isFolder: boolean): boolean {
  return rules.ignores(isFolder ? `${path}/` : path);
}

/** A line of the file of a folder, as one of the file at the top would say it. */
function fromTop(line: string, folder: string): string {
  if (folder === "" || line.trim() === "" || line.startsWith("#")) return line;
  // Only at the start of a line is a mark one, and escaped.
  const [, not = "", pattern = ""] = /^(!?)(?:\\(?=[!#]))?(.*)$/s.exec(line) ?? [];
  // What has a slash before its end is relative to its folder; else it is a name at any depth.
  const isRelative = pattern.trimEnd().slice(0, -1).includes("/") || pattern.trimEnd() === "**";
  const below = isRelative ? pattern.replace(/^\//, "") : `**/${pattern}`;
  // Where the library has no form for a character, there stands what matches any.
  const own = folder.replaceAll(/[\\\r\n]/g, "?").replaceAll(/[*[\] ]/g, "\\$&");
  return `${not}/${own}/${below}`;
}

/** `undefined` where there is no such file. A link could lead anywhere. */
async function readText(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path);
    if (!found.isFile() || found.size > MAX_FILE_BYTES) return undefined;
    return (await readFile(path, "utf8")).replace(/^\ufeff/, "");
  } catch {
    // What cannot be read ignores nothing.
    return undefined;
  }
}

function isCheap(line: string): boolean {
  const segments = line.split("/");
  const depths = segments.filter((segment) => segment === "**").length;
  return depths <= MAX_DEPTHS_PER_LINE &&
    segments.every((segment) => segment.split("*").length - 1 <= MAX_STARS_PER_SEGMENT);
}
