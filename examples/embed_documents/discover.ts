import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import picomatch from "picomatch";
import { UsageError } from "./errors.ts";

const NOT_FOLLOWED = "a link to a directory is not followed";

/** Which files a run is about. */
export interface EmbedRequest {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Glob pattern, relative to the folder, with `/` between segments. */
  readonly pattern: string;
}

/** Told of what the walk leaves out; the walk goes on. */
export interface DiscoverEvents {
  failed(path: string, error: unknown): void;
  skipped(path: string, reason: string): void;
}

/**
 * Yields the absolute path of every file under the folder that matches, at any depth, one directory
 * at a time. Links to files count as files; links to directories are not followed, so that no loop
 * can catch the walk.
 */
export async function* discoverFiles(
  { folder, pattern }: EmbedRequest,
  events: DiscoverEvents,
): AsyncGenerator<string, void, undefined> {
  const matches = createMatcher(pattern);
  const enters = createEnterRule(pattern);
  const waiting: string[] = [""];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    try {
      for await (const entry of await opendir(join(folder, directory))) {
        const relative = directory === "" ? entry.name : `${directory}/${entry.name}`;
        if (entry.isDirectory()) {
          if (enters(entry.name)) waiting.push(relative);
        } else if (entry.isSymbolicLink() && await isDirectory(join(folder, relative))) {
          if (enters(entry.name)) events.skipped(join(folder, relative), NOT_FOLLOWED);
        } else if (matches(relative)) {
          yield join(folder, relative);
        }
      }
    } catch (error) {
      events.failed(join(folder, directory), error);
    }
  }
}

/** Whether a path, relative to the folder and with `/`, belongs to the pattern. */
export function createMatcher(pattern: string): (relative: string) => boolean {
  const plain = pattern.replace(/^\.\//, "");
  if (plain === "" || plain.startsWith("/") || plain.split("/").includes("..")) {
    throw new UsageError(
      `The pattern must stay inside the folder, such as "**/*.md", got "${pattern}"`,
    );
  }
  return picomatch(plain);
}

/** Hidden directories and node_modules are entered only when the pattern names them. */
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
