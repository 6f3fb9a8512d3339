// Rules of ignore files: each file's hold for its own folder and what is below, and a deeper one has the
// last word.

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

/** Rules of the folders from the top down to one. */
export type IgnoreRules = readonly FolderRules[];

interface FolderRules {
  /** Relative to the top, with a `/` at its end; empty for the top. */
  readonly folder: string;
  readonly rules: Ignore;
}

/** Called with each line that is left out. */
export type OnBadLine = (path: string, line: number) => void;

/** The rules for what is in a folder: those of the folders above, and its own. */
export async function readIgnoreRules(
  above: IgnoreRules,
  top: string,
  folder: string,
  names: readonly string[],
  onBadLine: OnBadLine,
): Promise<IgnoreRules> {
  const rules = ignore({ ignorecase: IGNORES_CASE });
  let isEmpty = true;
  for (const name of names) {
    const path = join(top, folder, name);
    const text = await readText(path);
    if (text === undefined) continue;
    isEmpty = false;
    for (const [index, line] of text.split("\n").entries()) {
      if (isCheap(line)) rules.add(line);
      else onBadLine(path, index + 1);
    }
  }
  return isEmpty ? above : [...above, { folder: folder === "" ? "" : `${folder}/`, rules }];
}

/** Whether a path, relative to the top, is left out. */
export function isIgnored(rules: IgnoreRules, path: string, isFolder: boolean): boolean {
  let isOut = false;
  for (const { folder, rules: own } of rules) {
    const found = own.test(path.slice(folder.length) + (isFolder ? "/" : ""));
    if (found.ignored) isOut = true;
    else if (found.unignored) isOut = false;
  }
  return isOut;
}

/** `undefined` where there is no such file. A link could lead anywhere. */
async function readText(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path);
    if (!found.isFile() || found.size > MAX_FILE_BYTES) return undefined;
    return await readFile(path, "utf8");
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
