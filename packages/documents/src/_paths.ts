import { relative, sep } from "node:path";

/** Whether a path is in a folder, at any depth. */
export function isIn(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The path relative to a folder, with `/` between segments. */
export function relativePath(folder: string, path: string): string {
  return relative(folder, path).replaceAll(sep, "/");
}
