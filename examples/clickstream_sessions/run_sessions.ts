import type { FailedItem, Source } from "@headrace/pipeline";
import { readClicks } from "./clicks.ts";
import { findSessions, type LateClick, type Session, type SessionRules } from "./find_sessions.ts";

/** Options of {@linkcode runSessions}. */
export interface RunSessionsOptions extends SessionRules {
  /** Gets each session; a promise that it returns is waited for. */
  readonly sessions: (session: Session) => unknown;
  /** Gets the number of each line that is not a click, and why. */
  readonly badLines: (number: number, code: string) => unknown;
}

/** What a run came to: each line is bad, late, or in a session. */
export interface Totals {
  readonly lines: number;
  readonly badLines: number;
  readonly lateClicks: number;
  readonly sessions: number;
  /** The clicks of all sessions. */
  readonly clicks: number;
}

/** Reads NDJSON to its end, and hands out its sessions. */
export async function runSessions(
  source: Source<Uint8Array<ArrayBuffer>>,
  { sessions, badLines, lateClicks, ...rules }: RunSessionsOptions,
): Promise<Totals> {
  let lateCount = 0;
  let sessionCount = 0;
  let clickCount = 0;
  const pipeline = readClicks().compose(findSessions({
    ...rules,
    lateClicks: (late: LateClick) => {
      lateCount = late.lateCount;
      return lateClicks(late);
    },
  }));
  await pipeline.executeForEach(source, (session) => {
    sessionCount++;
    clickCount += session.count;
    return sessions(session);
  }, {
    errorsTo: ({ itemIndex, error }: FailedItem) => badLines(itemIndex + 1, error.code),
  });
  const { steps } = await pipeline.getMetadata();
  const { inputCount, errorCount } = steps.find(({ key }) => key === "clicks")!;
  return {
    lines: inputCount,
    badLines: errorCount,
    lateClicks: lateCount,
    sessions: sessionCount,
    clicks: clickCount,
  };
}
