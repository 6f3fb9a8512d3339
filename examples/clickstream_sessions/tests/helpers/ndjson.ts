import { type Click, formatClick } from "../../clicks.ts";
import { runSessions, type Totals } from "../../run_sessions.ts";
import type { LateClick, Session, SessionRules } from "../../find_sessions.ts";

/** What a run has emitted. */
export interface Collected {
  readonly sessions: Session[];
  readonly late: LateClick[];
  readonly badLines: string[];
  readonly totals: Totals;
}

/** Runs over the lines, cut into pieces that know nothing of lines. */
export async function collect(
  lines: readonly string[],
  rules: Omit<SessionRules, "lateClicks">,
  pieceBytes = 1_000,
): Promise<Collected> {
  const sessions: Session[] = [];
  const late: LateClick[] = [];
  const badLines: string[] = [];
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  const totals = await runSessions(piecesOf(bytes, pieceBytes), {
    ...rules,
    sessions: (session) => sessions.push(session),
    lateClicks: (click) => late.push(click),
    badLines: (number, code) => badLines.push(`${number} ${code}`),
  });
  return { sessions, late, badLines, totals };
}

export function linesOf(clicks: readonly Click[]): string[] {
  return clicks.map(formatClick);
}

function* piecesOf(bytes: Uint8Array, length: number) {
  for (let start = 0; start < bytes.length; start += length) {
    yield bytes.subarray(start, start + length);
  }
}
