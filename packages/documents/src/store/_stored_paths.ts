import { resolve } from "node:path";
import { relativePath } from "../_paths.ts";

/** Paths as they are stored: relative to a base, with `/` between segments. */
export class StoredPaths {
  readonly #base: string;

  /** @param base Absolute path of a directory. */
  constructor(base: string) {
    this.#base = base;
  }

  toStored(path: string): string {
    return relativePath(this.#base, path);
  }

  toAbsolute(stored: string): string {
    return resolve(this.#base, stored);
  }
}
