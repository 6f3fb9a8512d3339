import type { RunEvents } from "../../progress.ts";

/** What one run told of. Paths are relative to the folder. */
export class RunLog implements RunEvents {
  readonly skippedFiles: Record<string, string> = {};
  readonly failedFiles: Record<string, string> = {};
  readonly counts = { found: 0, unchanged: 0, embedded: 0, deleted: 0, chunks: 0 };
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  found(): void {
    this.counts.found++;
  }
  unchanged(): void {
    this.counts.unchanged++;
  }
  skipped(path: string, reason: string): void {
    this.skippedFiles[this.#relative(path)] = reason;
  }
  failed(path: string, error: unknown): void {
    this.failedFiles[this.#relative(path)] = error instanceof Error ? error.message : String(error);
  }
  embedded(): void {
    this.counts.embedded++;
  }
  deleted(): void {
    this.counts.deleted++;
  }
  stored(chunkCount: number): void {
    this.counts.chunks += chunkCount;
  }

  #relative(path: string): string {
    return path.slice(this.#folder.length + 1);
  }
}
