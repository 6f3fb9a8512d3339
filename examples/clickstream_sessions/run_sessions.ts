import type { FailedItem, Source } from "@headrace/pipeline";
import { type ClickRules, type Line, numberOf, readClicks } from "./clicks.ts";
import { findSessions, type Session, type SessionRules } from "./find_sessions.ts";

/** Options of {@linkcode runSessions}. */
export interface RunSessionsOptions extends SessionRules, ClickRules {
  /** Gets each session; a promise that it returns is waited for. */
  readonly sessions: (session: Session) => unknown;
  /** Gets the number of each line that is not a click, and why. */
  readonly badLines: (number: number, code: string) => unknown;
}

/** What a run came to: each line that is not blank is bad, a duplicate, late, or in a session. */
export interface Totals {
  readonly lines: number;
  readonly badLines: number;
  readonly duplicates: number;
  readonly lateClicks: number;
  readonly sessions: number;
  /** The clicks of all sessions. */
  readonly clicks: number;
}

/** Reads NDJSON to its end, and emits its sessions. */
export async function runSessions(
  source: Source<Uint8Array>,
  { sessions, badLines, ...rules }: RunSessionsOptions,
): Promise<Totals> {
  const pipeline = readClicks(rules).compose(findSessions(rules));
  await pipeline.executeForEach(source, sessions, {
    errorsTo: ({ item, error }: FailedItem) => badLines(numberOf(item as Line), error.code),
  });
  const { steps, outputCount } = await pipeline.getMetadata();
  const stages = new Map(steps.map((stage) => [stage.key, stage]));
  return {
    lines: stages.get("lines")!.outputCount,
    badLines: stages.get("clicks")!.errorCount,
    duplicates: stages.get("new")?.droppedCount ?? 0,
    lateClicks: stages.get("sessions")!.droppedCount,
    sessions: outputCount,
    clicks: stages.get("sessions")!.passedCount,
  };
}
