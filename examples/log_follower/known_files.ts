import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { type FilePrint, isPackedFrom, readPackedPrint, readPrint } from "./file_mark.ts";
import { openLog, unlessForbidden } from "./open_log.ts";
import { isSameFile, isSameNode, type RotatedFile } from "./rotated_files.ts";

/** So many files are remembered that were read or seen, the last ones. */
const MAX_KNOWN = 1_000;

interface KnownFile {
  readonly stats: BigIntStats;
  /** By which it is known again when it was compressed; absent where it is already. */
  readonly print: FilePrint | undefined;
}

/** Files that are not read any more: read already, or older than one that is. */
export class KnownFiles {
  #files: readonly KnownFile[] = [];

  /** Whether a file is one of these, or of some that are open. */
  has({ stats }: RotatedFile, ...open: readonly (BigIntStats | undefined)[]): boolean {
    return open.some((each) => each !== undefined && isSameNode(stats, each)) ||
      this.#files.some((each) => isSameFile(stats, each.stats));
  }

  /** Whether a compressed file was made of one of these, or of some that are `open` and not compressed. */
  async hasSourceOf(packed: FileHandle, open: readonly FileHandle[]): Promise<boolean> {
    const print = await readPackedPrint(packed);
    if (this.#files.some((each) => each.print !== undefined && isPackedFrom(print, each.print))) {
      return true;
    }
    for (const file of open) if (isPackedFrom(print, await readPrint(file))) return true;
    return false;
  }

  /**
   * Adds files that were found. False, and adds none, where one of them was renamed or compressed since:
   * it would not be known again. Where it `mayMiss` some, all are added.
   */
  async add(files: readonly RotatedFile[], mayMiss = false): Promise<boolean> {
    const added: KnownFile[] = [];
    for (const file of files) {
      const { stats, form } = file;
      const known = this.#files.find((each) => isSameFile(stats, each.stats));
      const isUnchanged = known?.print !== undefined && known.stats.mtimeNs === stats.mtimeNs;
      let print: FilePrint | "moved" | undefined;
      if (isUnchanged) print = known.print;
      else if (form === "plain") print = await printOf(file);
      if (print === "moved" && !mayMiss) return false;
      added.push({ stats, print: print === "moved" ? undefined : print });
    }
    const others = this.#files.filter((each) => (
      !added.some(({ stats }) => isSameFile(stats, each.stats))
    ));
    this.#files = [...others, ...added].slice(-Math.max(MAX_KNOWN, added.length));
    return true;
  }

  /** Adds a file that is open, as it is now. */
  async addOpen(file: FileHandle): Promise<void> {
    const stats = await file.stat({ bigint: true });
    this.#files = [...this.#files, { stats, print: await readPrint(file) }].slice(-MAX_KNOWN);
  }
}

/** The print of a file; nothing where it may not be read. */
async function printOf({ path, stats }: RotatedFile): Promise<FilePrint | "moved" | undefined> {
  const log = await unlessForbidden(openLog(path, "plain"));
  if (log === undefined) return "moved";
  if (log === "forbidden") return undefined;
  try {
    const now = await log.file.stat({ bigint: true });
    return isSameNode(now, stats) ? await readPrint(log.file) : "moved";
  } finally {
    await log.file.close();
  }
}
