import type { FailedItem } from "@headrace/pipeline";
import { followFile, type FollowOptions } from "./follow_file.ts";
import { type Alert, type AlertOptions, createAlerts } from "./pipeline.ts";
import type { Line } from "./split_lines.ts";

/** Options of {@linkcode followLog}. */
export interface FollowLogOptions extends Omit<FollowOptions, "trouble">, AlertOptions {}

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
}

/** Follows the log until `stop`. What has come together by then is sent before it returns. */
export async function followLog(options: FollowLogOptions, report: Report): Promise<Totals> {
  const { pollMs, stop, ...alertOptions } = options;
  const pipeline = createAlerts(alertOptions);
  const chunks = followFile(options.file, { pollMs, stop, trouble: report.trouble });
  await using run = pipeline.run(chunks, {
    errorsTo: ({ key, item, error }: FailedItem) => {
      if (key === "entries") report.badLine((item as Line).number, error.code);
      else report.undelivered(item as Alert, error.code);
    },
  });
  for await (const _alert of run);
  const stages = new Map(run.metadata().steps.map((stage) => [stage.key, stage]));
  return {
    lines: stages.get("lines")!.outputCount,
    badLines: stages.get("entries")!.errorCount,
    errors: stages.get("errors")!.outputCount,
    alerts: stages.get("sent")!.outputCount,
    undelivered: stages.get("sent")!.errorCount,
  };
}
