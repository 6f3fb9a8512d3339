import { readdir, stat } from "node:fs/promises";
import { join, parse, sep } from "node:path";
import { codeOf, ROTATION_SUFFIX } from "./rotated_files.ts";

/** What the names of files end with that are packed, and not written to. */
const PACKED = [".gz", ".bz2", ".xz", ".zst", ".zip"];
/** No more files are followed at once. */
const MAX_FILES = 1_000;

/** Whether a path has a `*` or `?` in it. */
export function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

/**
 * The files that a pattern names, sorted: `*` matches any characters of a name, `?` one. Those
 * that begin with a dot have to be named. Rotated files of others that are found, and packed ones, are
 * left out.
 *
 * @throws {RangeError} If there are too many.
 */
export async function findFiles(pattern: string): Promise<string[]> {
  const { root } = parse(pattern);
  let paths = [root];
  for (const part of pattern.slice(root.length).split(sep)) {
    const found = await Promise.all(paths.map((path) => findIn(path, part)));
    paths = found.flat();
    if (paths.length > MAX_FILES) {
      throw new RangeError(`No more than ${MAX_FILES} files are followed: "${pattern}" has more`);
    }
  }
  const files = new Set(await filterFiles(paths));
  return [...files].filter((path) => !isRotated(path, files)).sort();
}

async function findIn(folder: string, part: string): Promise<string[]> {
  if (!isPattern(part)) return [join(folder, part)];
  try {
    const names = await readdir(folder);
    return names.filter((name) => matches(name, part)).map((name) => join(folder, name));
  } catch (error) {
    // What is gone, no folder, or not to be read, has no files in it for now.
    if (codeOf(error) === undefined) throw error;
    return [];
  }
}

async function filterFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (PACKED.some((ending) => path.endsWith(ending))) continue;
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile()) files.push(path);
  }
  return files;
}

function isRotated(path: string, files: ReadonlySet<string>): boolean {
  for (let end = path.length - 1; end > 0 && path[end] !== sep; end--) {
    if (files.has(path.slice(0, end)) && ROTATION_SUFFIX.test(path.slice(end))) return true;
  }
  return false;
}

/**
 * Whether a name is that of a pattern. No regular expression: where it fails, it goes back to the last
 * `*` alone, so that no name takes longer than its length times that of the pattern.
 */
export function matches(name: string, pattern: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  let [at, next] = [0, 0];
  let [star, tried] = [-1, 0];
  while (at < name.length) {
    if (pattern[next] === "*") [star, tried, next] = [next, at, next + 1];
    else if (next < pattern.length && (pattern[next] === "?" || pattern[next] === name[at])) {
      at++;
      next++;
    } else if (star === -1) return false;
    else [at, next, tried] = [tried + 1, star + 1, tried + 1];
  }
  while (pattern[next] === "*") next++;
  return next === pattern.length;
}
