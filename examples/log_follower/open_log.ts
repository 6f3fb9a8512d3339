import { type FileHandle, open, stat } from "node:fs/promises";
import { countHeld, type LogPosition, TIME_STEP_MS } from "./file_mark.ts";
import {
  codeOf,
  type FileForm,
  listRotated,
  type RotatedFile,
  unlessMissing,
} from "./rotated_files.ts";

/** A file of the log that is open. */
export interface OpenLog {
  readonly path: string;
  readonly file: FileHandle;
  readonly form: FileForm;
}

/** A file that holds what was read up to some position, or a part of that. */
export interface FoundLog {
  readonly log: OpenLog;
  /** How many bytes of it. */
  readonly held: number;
}

/** Opens a file, unless it is gone, or something else has its name. */
export async function openLog(path: string, form: FileForm): Promise<OpenLog | undefined> {
  // A directory can be opened too, and a pipe waits for its other end.
  if (!(await unlessMissing(stat(path)))?.isFile()) return undefined;
  const file = await unlessMissing(open(path));
  if (file === undefined || (await file.stat()).isFile()) return file && { path, file, form };
  // It has taken the name in between.
  await file.close();
}

/** Resolves with `forbidden` where a file may not be read. */
export async function unlessForbidden<T>(promise: Promise<T>): Promise<T | "forbidden"> {
  try {
    return await promise;
  } catch (error) {
    if (["EACCES", "EPERM", "ELOOP"].includes(codeOf(error) ?? "")) return "forbidden";
    throw error;
  }
}

/** As {@linkcode openLog}, unless the file may not be read. */
export async function openIfAllowed(path: string, form: FileForm): Promise<OpenLog | undefined> {
  const log = await unlessForbidden(openLog(path, form));
  return log === "forbidden" ? undefined : log;
}

/** Opens a file if it holds a position, or a part of what was read up to there. */
export async function openIfHolds(
  { path, form }: Pick<OpenLog, "path" | "form">,
  position: LogPosition,
): Promise<FoundLog | undefined> {
  const log = await openIfAllowed(path, form);
  if (log === undefined) return undefined;
  // A file of which nothing was read yet can only be known by its number.
  const isCandidate = position.headLength > 0 || await isOwn(log, position);
  const held = isCandidate ? await countHeld(log.file, form, position) : undefined;
  if (held !== undefined) return { log, held };
  await log.file.close();
}

/**
 * Finds the file of the log that is read on from a position: that itself, or what it was copied or
 * compressed to. Where none holds all that was read, one that holds a part of it, as a copy does that
 * was made while the log was written to.
 */
export async function findLog(path: string, from: LogPosition): Promise<FoundLog | undefined> {
  const rotated = await listRotated(path);
  const plain = rotated.filter(({ form }) => form === "plain").toReversed();
  // The first one written after the position, rather than a later one that begins alike.
  const packed = rotated.filter(({ form, stats }) => (
    form === "packed" && Number(stats.mtimeMs) + TIME_STEP_MS > from.mtimeMs
  ));
  const files = [{ path, form: "plain" as const }, ...plain, ...packed];
  let part: FoundLog | undefined;
  // Under its own number before others: a file may have been copied.
  for (const own of [true, false]) {
    for (const { path: each, form = "plain" } of files) {
      const found = await openIfHolds({ path: each, form }, from);
      if (found === undefined) continue;
      const isPart = found.held < from.offset;
      if (!isPart && await isOwn(found.log, from) === own) {
        await part?.log.file.close();
        return found;
      }
      // The log itself, where it is shorter, was cut: it begins anew.
      if (isPart && part === undefined && each !== path) part = found;
      else await found.log.file.close();
    }
  }
  return part ?? (from.offset === 0 ? await findOwn(files, from) : undefined);
}

/** A file of which nothing was read, and that was cut since. */
async function findOwn(
  files: readonly Pick<RotatedFile, "path" | "form">[],
  from: LogPosition,
): Promise<FoundLog | undefined> {
  for (const { path, form } of files) {
    const log = form === "plain" ? await openIfAllowed(path, form) : undefined;
    if (log === undefined) continue;
    if (await isOwn(log, from)) return { log, held: 0 };
    await log.file.close();
  }
}

async function isOwn(
  { file }: OpenLog,
  { dev, ino, birthtimeMs }: LogPosition,
): Promise<boolean> {
  const stats = await file.stat({ bigint: true });
  if (String(stats.dev) !== dev || String(stats.ino) !== ino) return false;
  return birthtimeMs === undefined || Number(stats.birthtimeMs) === birthtimeMs;
}
