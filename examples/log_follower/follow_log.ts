import type { FailedItem } from "@headrace/pipeline";
import { followFile, type FollowOptions } from "./follow_file.ts";
import { type Alert, type AlertOptions, createAlerts } from "./pipeline.ts";
import { type Line, numberOf } from "./split_lines.ts";

/** Options of {@linkcode followLog}. */
export interface FollowLogOptions extends Omit<FollowOptions, "trouble">, AlertOptions {
  /** Leaves the log as it is when it is aborted, and sends what has been read by then. */
  readonly leave?: AbortSignal;
  /** How long that may take until requests are aborted, in milliseconds. */
  readonly leaveMs?: number;
  /** Ends everything at once: the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

const LEAVE_MS = 8_000;

/** What a run tells of while it goes on. Codes and numbers only: logs hold what logs should not. */
export interface Report {
  /** A line is not an entry of a log. */
  badLine(number: number, code: string): void;
  /** Something stands in the way of the log, or a part of it may have been lost. */
  trouble(message: string): void;
  /** Nobody took an alert; this is its last stop. */
  undelivered(alert: Alert, code: string): void;
}

/** What a run has done. */
export interface Totals {
  readonly lines: number;
  readonly badLines: number;
  readonly errors: number;
  readonly alerts: number;
  readonly undelivered: number;
  /** Alerts that were not sent in time when the log was left. */
  readonly unsent: number;
}

/** Follows the log until it is told to stop or leave. What has been read by then is sent before. */
export async function followLog(options: FollowLogOptions, report: Report): Promise<Totals> {
  const { pollMs, stop, leave, leaveMs = LEAVE_MS, signal, ...alertOptions } = options;
  const pipeline = createAlerts(alertOptions);
  // A file that nobody reads any more is not looked at any more either.
  const ends = [stop, leave, signal].filter((each) => each !== undefined);
  const followOptions = { pollMs, stop: AbortSignal.any(ends), trouble: report.trouble };
  await using run = pipeline.run(followFile(options.file, followOptions), {
    signal,
    errorsTo: ({ key, item, error }: FailedItem) => {
      if (key === "entries") report.badLine(numberOf(item as Line), error.code);
      else report.undelivered(item as Alert, error.code);
    },
  });
  const onLeave = () => void run.stop({ deadlineMs: leaveMs });
  if (leave?.aborted) onLeave();
  leave?.addEventListener("abort", onLeave);
  try {
    for await (const _alert of run);
  } finally {
    leave?.removeEventListener("abort", onLeave);
  }
  const stages = new Map(run.metadata().steps.map((stage) => [stage.key, stage]));
  return {
    lines: stages.get("lines")!.outputCount,
    badLines: stages.get("entries")!.errorCount,
    errors: stages.get("errors")!.outputCount,
    alerts: stages.get("sent")!.outputCount,
    undelivered: stages.get("sent")!.errorCount,
    unsent: stages.get("sent")!.abandonedCount,
  };
}
