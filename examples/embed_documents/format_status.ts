import type { DiskStatus, Status } from "./read_status.ts";
import type { LastRun } from "./last_run.ts";

/** How many files of a kind are named without `--verbose`. */
const MAX_NAMED = 5;

/** What `status` shows, a line for each thing, for a person to read. */
export function formatStatus(status: Status, verbose: boolean): string {
  const { database, summary, settings, incomplete, lastRun, disk } = status;
  const { documents, chunks, refused, model, dimensions } = summary;
  const length = dimensions === undefined ? "no vectors yet" : `${dimensions} dimensions`;
  const lines = [
    `database  ${database}`,
    `model     ${model} (${length})`,
    `settings  ${settings}`,
    ...(lastRun?.settings ?? settings) === settings
      ? []
      : [`  of the last run: ${lastRun?.settings}; all files are to be embedded again`],
    `files     ${documents} (${documents - summary.incomplete} complete)`,
    `chunks    ${chunks}`,
    ...refused === 0 ? [] : [`refused   ${refused} texts, not sent again until they change`],
    `last run  ${describeRun(lastRun)}`,
    ...listFiles("partly stored", incomplete, verbose),
  ];
  return [...lines, ...disk === undefined ? [] : ["", ...describeDisk(disk, verbose)]].join("\n");
}

function describeRun(run: LastRun | undefined): string {
  if (run === undefined) return "none is noted";
  const { outcome, startedAt, endedAt, failedCount = 0 } = run;
  if (endedAt === undefined) {
    return `began ${startedAt}; it is running, or was killed: embed --resume goes on`;
  }
  const failed = failedCount === 0 ? "" : `, ${failedCount} files failed`;
  const more = outcome === "complete" ? "" : "; embed --resume goes on";
  return `${outcome} ${endedAt}, begun ${startedAt}${failed}${more}`;
}

function describeDisk(disk: DiskStatus, verbose: boolean): string[] {
  const { folder, pattern, unchangedCount, added, changed, gone, skipped, unreadable } = disk;
  const toDo = added.length + changed.length + gone.length;
  return [
    `folder    ${folder} (${pattern})`,
    `unchanged ${unchangedCount}`,
    ...listFiles("new", added, verbose),
    ...listFiles("changed", changed, verbose),
    ...listFiles("gone", gone, verbose),
    ...listFiles("skipped", skipped, verbose),
    ...listFiles("unreadable", unreadable, verbose),
    toDo === 0 ? "The database is up to date." : "embed --resume brings the database up to date.",
  ];
}

function listFiles(name: string, paths: readonly string[], verbose: boolean): string[] {
  if (paths.length === 0) return [];
  const named = verbose ? paths : paths.slice(0, MAX_NAMED);
  const left = paths.length - named.length;
  return [
    `${name.padEnd(9)} ${paths.length}`,
    ...named.map((path) => `  ${path}`),
    ...left === 0 ? [] : [`  … ${left} more (--verbose)`],
  ];
}
