import type { Dirent } from "node:fs";
import { opendir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { complaint, requireKnown } from "../_options.ts";
import { isIn } from "../_paths.ts";
import {
  createIgnoreRules,
  type IgnoreRules,
  isIgnored,
  readIgnoreRules,
} from "./_ignore_rules.ts";
import { matchFiles } from "./match_files.ts";

const FILE_LINK = "a link is not followed";
const FOLDER_LINK = "a link to a directory is not followed";
const LINK_OUTSIDE = "a link that leaves the folder is not followed";

const OPTIONS = ["folder", "pattern", "ignoreFiles", "links"];

/**
 * Which files {@linkcode discoverFiles} looks for.
 *
 * @category Files
 */
export interface DiscoverRequest {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Glob pattern, relative to the folder, with `/` between segments. */
  readonly pattern: string;
  /**
   * Names of files whose lines say what is left out, as git reads them, in any folder. Empty for none.
   *
   * @default {[".gitignore"]}
   */
  readonly ignoreFiles?: readonly string[] | undefined;
  /**
   * Which links to files count as files: those that lead to a file inside the folder, all, or none.
   *
   * @default {"inside"}
   */
  readonly links?: "inside" | "anywhere" | "none" | undefined;
}

/**
 * Called with what a walk leaves out; the walk continues. Each function is optional.
 *
 * @category Files
 */
export interface DiscoverEvents {
  /** A folder that cannot be read, or a line of an ignore file that is left out. */
  failed?(path: string, error: unknown): void;
  /** A link that is not followed. */
  skipped?(path: string, reason: string): void;
  /** A file that matches, or a folder, that an ignore file leaves out. */
  ignored?(path: string): void;
}

/**
 * Yields the absolute path of every file under a folder that matches, at any depth, one folder at a time.
 *
 * Links to files count as files where they stay in the folder; links to folders are not followed, so
 * that no loop can catch the walk. Hidden folders and `node_modules` are entered only where the
 * pattern names them. A folder is opened when the files before it have been taken.
 *
 * @param request The folder and the pattern.
 * @param events Called with what is left out.
 * @throws {TypeError} When the first file is asked for, if the request is not valid.
 * @category Files
 *
 * @example All Markdown of a folder
 * ```ts
 * import { discoverFiles } from "@headrace/documents/files";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.md`, "# A");
 * await Deno.writeTextFile(`${folder}/b.md`, "# B");
 * await Deno.writeTextFile(`${folder}/.gitignore`, "b.*\n");
 *
 * const files = await Array.fromAsync(discoverFiles({ folder, pattern: "**\/*.md" }));
 * assertEquals(files, [`${folder}/a.md`]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function* discoverFiles(
  request: DiscoverRequest,
  events: DiscoverEvents = {},
): AsyncGenerator<string, void, undefined> {
  requireKnown("discoverFiles", request, OPTIONS);
  const { folder, pattern, ignoreFiles = [".gitignore"], links = "inside" } = request;
  if (!["inside", "anywhere", "none"].includes(links)) {
    throw new TypeError(complaint("discoverFiles", "links", "inside, anywhere or none", links));
  }
  const matches = matchFiles(pattern);
  const enters = createEnterRule(pattern);
  const onBadLine = (path: string, line: number) =>
    events.failed?.(path, new Error(`line ${line} has too many wildcards, and is left out`));
  const top = links === "inside" ? await realpath(folder).catch(() => folder) : folder;

  const waiting: { readonly directory: string; readonly above: IgnoreRules }[] = [
    { directory: "", above: createIgnoreRules() },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { directory, above } = next;
    try {
      const rules = await readIgnoreRules(above, folder, directory, ignoreFiles, onBadLine);
      for await (const entry of readFolder(join(folder, directory))) {
        const relative = directory === "" ? entry.name : `${directory}/${entry.name}`;
        const path = join(folder, relative);
        if (entry.isDirectory()) {
          if (!enters(entry.name)) continue;
          if (isIgnored(rules, relative, true)) events.ignored?.(path);
          else waiting.push({ directory: relative, above: rules });
        } else if (entry.isSymbolicLink() && await isDirectory(path)) {
          if (enters(entry.name)) events.skipped?.(path, FOLDER_LINK);
        } else if (matches(relative)) {
          const isLink = entry.isSymbolicLink();
          if (isIgnored(rules, relative, false)) events.ignored?.(path);
          else if (isLink && links === "none") events.skipped?.(path, FILE_LINK);
          else if (isLink && links === "inside" && !await isInside(top, path)) {
            events.skipped?.(path, LINK_OUTSIDE);
          } else yield path;
        }
      }
    } catch (error) {
      events.failed?.(join(folder, directory), error);
    }
  }
}

/** As the iterator of `opendir()`, and closed also where it is left early. */
async function* readFolder(path: string): AsyncGenerator<Dirent, void, undefined> {
  const folder = await opendir(path);
  let entry: Dirent | null = null;
  try {
    while ((entry = await folder.read()) !== null) yield entry;
  } finally {
    try {
      // Deno 2.9 closes a folder of which something was read at its end alone.
      while (entry !== null && "Deno" in globalThis) entry = await folder.read();
    } finally {
      await folder.close();
    }
  }
}

/** Hidden folders and node_modules are entered only when the pattern names them. */
function createEnterRule(pattern: string): (name: string) => boolean {
  const namesHidden = /(^|[/{,(])\.[^./]/.test(pattern.replace(/^\.\//, ""));
  const namesModules = pattern.includes("node_modules");
  return (name) =>
    (namesHidden || !name.startsWith(".")) && (namesModules || name !== "node_modules");
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // A broken link: reading it gives the reason.
    return false;
  }
}

async function isInside(top: string, path: string): Promise<boolean> {
  try {
    return isIn(top, await realpath(path));
  } catch {
    // As above.
    return true;
  }
}
