import { setTimeout } from "node:timers/promises";
import { findFiles, isPattern } from "./find_files.ts";
import { followLog, type FollowLogOptions, type Report, type Totals } from "./follow_log.ts";
import { codeOf } from "./rotated_files.ts";

/** Options of {@linkcode followLogs}. */
export interface FollowLogsOptions extends Omit<FollowLogOptions, "file"> {
  /** Absolute paths, or patterns of such. */
  readonly files: readonly string[];
}

/** Codes of a file that a pattern has found and that may not be read for now. */
const PASSING: ReadonlySet<unknown> = new Set(["EACCES", "EPERM", "ELOOP", "ENOENT", "ENOTDIR"]);

const NOTHING: Totals = {
  lines: 0,
  badLines: 0,
  errors: 0,
  alerts: 0,
  undelivered: 0,
  unsent: 0,
};

/**
 * Follows several logs, each by itself: those that are named, whether they exist or not, and those
 * that patterns find, also later.
 */
export async function followLogs(
  { files, ...options }: FollowLogsOptions,
  report: (file: string) => Report,
): Promise<Totals> {
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, ...options.signal ? [options.signal] : []]);
  const ends = AbortSignal.any([signal, options.stop, ...options.leave ? [options.leave] : []]);
  const running = new Map<string, Promise<Totals>>();
  /** Files that may not be read, of which that was said. */
  const refused = new Set<string>();

  const start = (file: string, isNamed: boolean) => {
    const follow = async () => {
      try {
        return await followLog({ ...options, file, signal }, report(file));
      } catch (error) {
        if (isNamed || !PASSING.has(codeOf(error))) throw error;
        running.delete(file);
        if (!refused.has(file)) report(file).trouble(`The log may not be read: ${codeOf(error)}`);
        refused.add(file);
        return NOTHING;
      }
    };
    const following = follow();
    following.catch((error) => failing.abort(error));
    running.set(file, following);
  };

  try {
    for (let isFirst = true; isFirst || !ends.aborted; isFirst = false) {
      for (const each of files) {
        const found = isPattern(each) ? await findFiles(each) : [each];
        for (const file of found) if (!running.has(file)) start(file, !isPattern(each));
      }
      if (!files.some(isPattern)) break;
      await setTimeout(options.pollMs, undefined, { signal: ends }).catch(() => {});
    }
  } catch (error) {
    failing.abort(error);
  }
  const settled = await Promise.allSettled(running.values());
  if (signal.aborted) throw signal.reason;
  return settled.reduce(
    (sum, each) => each.status === "fulfilled" ? add(sum, each.value) : sum,
    NOTHING,
  );
}

function add(one: Totals, other: Totals): Totals {
  // The cast: these are its keys.
  const names = Object.keys(NOTHING) as (keyof Totals)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as Record<
    keyof Totals,
    number
  >;
}
