import { deepEqual } from "node:assert/strict";
import type { LogPosition } from "../../file_mark.ts";
import { FILE_START, followFile, QUIET } from "../../follow_file.ts";
import type { LogFile } from "./log_file.ts";

/** What comes of a file: text, where it begins, or nothing more. */
export type Piece = string | typeof FILE_START | undefined;

/** Reads the pieces of a file. */
export interface Reader {
  readonly next: () => Promise<Piece>;
  readonly stop: () => void;
  readonly troubles: readonly string[];
  readonly kill: () => Promise<LogPosition>;
  /** Aborts the signal that the source was opened with, and closes it. */
  readonly giveUp: () => Promise<void>;
}

/** A reader of the file's pieces, as text. */
export function follow(
  path: string,
  from?: LogPosition,
  { pollMs }: { readonly pollMs: number } = { pollMs: 1 },
): Reader {
  const troubles: string[] = [];
  const trouble = (message: string) => troubles.push(message);
  const stopper = new AbortController();
  const source = followFile(path, { pollMs, stop: stopper.signal, trouble });
  const givingUp = new AbortController();
  const chunks = source.open(from, givingUp.signal)[Symbol.asyncIterator]();
  let position: LogPosition | undefined;
  const next = async (): Promise<Piece> => {
    while (true) {
      const { value } = await chunks.next();
      position = value?.position ?? position;
      if (value?.item === QUIET) continue;
      return value?.item instanceof Uint8Array ? new TextDecoder().decode(value.item) : value?.item;
    }
  };
  /** Leaves it as a process is left that is killed; returns where it was. */
  const kill = async () => {
    await chunks.return!();
    return position!;
  };
  const giveUp = async () => {
    givingUp.abort();
    await chunks.return!();
  };
  return { next, stop: () => stopper.abort(), troubles, kill, giveUp };
}

/** All that comes before the end, as text, where each file begins with a bar. */
export async function readAll(next: Reader["next"]): Promise<string> {
  let text = "";
  for (let each = await next(); each; each = await next()) {
    text += each === FILE_START ? "|" : String(each);
  }
  return text;
}

/** Reads all that has been written so far, from where another reader was killed. */
export async function resume(path: string, from: LogPosition | undefined): Promise<Resumed> {
  const { next, stop, troubles } = follow(path, from);
  stop();
  return { text: await readAll(next), troubles };
}

/** What was read from a position on. */
export interface Resumed {
  readonly text: string;
  readonly troubles: readonly string[];
}

/** A follower that has read a first file, and the log that it reads. */
export async function begin(log: LogFile): Promise<Reader> {
  const follower = follow(log.path);
  deepEqual([await follower.next(), await follower.next()], [FILE_START, "one\n"]);
  return follower;
}
