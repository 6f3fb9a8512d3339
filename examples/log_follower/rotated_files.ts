import type { BigIntStats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A file beside the log whose name begins with that of the log. */
export interface RotatedFile {
  readonly path: string;
  readonly stats: BigIntStats;
  /** Whether its name is one that a rotation gives, and it is not compressed. */
  readonly isReadable: boolean;
}

/** `.1`, `-20260504`, `.2026-05-04T10:00:00`, `.old`, behind the name of the log. */
const ROTATION_SUFFIX = /^[._-](?:\d[\dTZ._:-]*|old|prev)$/;

/** Finds the files beside the log that may have had its name before, the oldest first. */
export async function listRotated(log: string): Promise<RotatedFile[]> {
  const [folder, name] = [dirname(log), basename(log)];
  const names = await unlessMissing(readdir(folder)) ?? [];
  const files: RotatedFile[] = [];
  for (const each of names) {
    if (each === name || !each.startsWith(name)) continue;
    const path = join(folder, each);
    const stats = await unlessMissing(stat(path, { bigint: true }));
    if (!stats?.isFile()) continue;
    files.push({ path, stats, isReadable: ROTATION_SUFFIX.test(each.slice(name.length)) });
  }
  return files.sort(compareAge);
}

/** Whether both are the same file, whatever its name: a number alone is given again. */
export function isSameFile(one: BigIntStats, other: BigIntStats): boolean {
  // A file system without times of birth may give that of the last renaming in their place.
  return isSameNode(one, other) &&
    (one.birthtimeMs === other.birthtimeMs || one.mtimeMs === other.mtimeMs);
}

/** As {@linkcode isSameFile}, where one of them is open, so that its number is its own. */
export function isSameNode(one: BigIntStats, other: BigIntStats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** Resolves with nothing where the file is not there. */
export async function unlessMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Code of an error of the file system. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** Files of one moment have the same time: of numbers, the highest is the oldest. */
function compareAge(one: RotatedFile, other: RotatedFile): number {
  const age = one.stats.mtimeMs - other.stats.mtimeMs;
  if (age !== 0n) return age < 0n ? -1 : 1;
  return other.path.length - one.path.length || (one.path < other.path ? 1 : -1);
}
