import { relative, resolve, sep } from "node:path";

/** Paths as they are stored: relative to a base, with `/` between segments. */
export class StoredPaths {
  readonly #base: string;

  /** @param base Absolute path of a directory. */
  constructor(base: string) {
    this.#base = base;
  }

  toStored(path: string): string {
    return relative(this.#base, path).replaceAll(sep, "/");
  }

  toAbsolute(stored: string): string {
    return resolve(this.#base, stored);
  }
}

/** Whether a path is in a folder, at any depth. */
export function isIn(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
