import type { BigIntStats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A file beside the log whose name begins with that of the log. */
export interface RotatedFile {
  readonly path: string;
  readonly stats: BigIntStats;
  /** How it is read; absent where its name is none that a rotation gives, or it cannot be. */
  readonly form: FileForm | undefined;
}

/** Whether the bytes of a file are those of the log, or compressed with gzip. */
export type FileForm = "plain" | "packed";

/**
 * What a rotation appends to the name of the log: `.1`, `-20260504`, `.2026-05-04T10:00:00`,
 * `.old`.
 */
export const ROTATION_SUFFIX: RegExp = /^[._-](?:\d[\dTZ._:-]*|old|prev)$/;

/** What `gzip` appends to a name. */
const PACKED_SUFFIX = ".gz";

/** A database beside the log, such as one with its state. */
const DATABASE = /\.db(?:-wal|-shm|-journal)?$/;

/** No more names are in a report. */
const MAX_NAMES = 5;

/** How often it is looked again where files were renamed meanwhile. */
const MAX_LOOKS = 20;

/**
 * Finds the files beside the log that may have had its name before, the oldest first. A file that
 * is being compressed exists under both names: the one that is whole counts.
 */
export async function listRotated(log: string): Promise<RotatedFile[]> {
  let names = await listNames(log);
  for (let look = 1;; look++) {
    const files = await describeFiles(log, names);
    // A file that is renamed while the folder is read may not be seen at all.
    const after = await listNames(log);
    if (look === MAX_LOOKS || (files.length === names.length && isSame(names, after))) {
      const found = files.flatMap((file) => file ?? []);
      const paths = new Set(found.map(({ path }) => path));
      return found.filter(({ path, form }) => form !== "packed" || !paths.has(withoutPacked(path)))
        .sort(compareAge);
    }
    names = after;
  }
}

async function listNames(log: string): Promise<string[]> {
  const [folder, name] = [dirname(log), basename(log)];
  const names = await unlessMissing(readdir(folder)) ?? [];
  return names.filter((each) => each !== name && each.startsWith(name) && !DATABASE.test(each))
    .sort();
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

/** Fewer than there are names where one of them is gone; nothing in the place of what is no file. */
async function describeFiles(
  log: string,
  names: readonly string[],
): Promise<(RotatedFile | undefined)[]> {
  const files: (RotatedFile | undefined)[] = [];
  for (const each of names) {
    const path = join(dirname(log), each);
    const stats = await unlessMissing(stat(path, { bigint: true })).catch((error) => {
      // A link that leads in a circle, or into a forbidden folder, is no file that was rotated.
      if (codeOf(error) === undefined) throw error;
      return "elsewhere" as const;
    });
    if (stats === undefined) continue;
    if (stats === "elsewhere") {
      files.push(undefined);
      continue;
    }
    const form = findForm(each.slice(basename(log).length));
    files.push(stats.isFile() ? { path, stats, form } : undefined);
  }
  return files;
}

function findForm(suffix: string): FileForm | undefined {
  if (ROTATION_SUFFIX.test(suffix)) return "plain";
  const rest = withoutPacked(suffix);
  return rest !== suffix && (rest === "" || ROTATION_SUFFIX.test(rest)) ? "packed" : undefined;
}

function withoutPacked(name: string): string {
  return name.endsWith(PACKED_SUFFIX) ? name.slice(0, -PACKED_SUFFIX.length) : name;
}

/** Some names, and how many more there are. */
export function joinNames(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES;
  return rest > 0 ? `${names.slice(0, MAX_NAMES).join(", ")} and ${rest} more` : names.join(", ");
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

/** The older first. Files of one moment have the same time: of numbers, the highest is the oldest. */
export function compareAge(one: RotatedFile, other: RotatedFile): number {
  const age = one.stats.mtimeMs - other.stats.mtimeMs;
  if (age !== 0n) return age < 0n ? -1 : 1;
  const [name, otherName] = [withoutPacked(one.path), withoutPacked(other.path)];
  return otherName.length - name.length || (name < otherName ? 1 : -1);
}
