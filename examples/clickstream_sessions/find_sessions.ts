import { type LateItem, StreamingPipeline } from "@headrace/pipeline";
import type { Click } from "./clicks.ts";

/** What one user did without a long break. */
export interface Session {
  readonly user: string;
  /** When the first click was, in ISO 8601. */
  readonly start: string;
  /** When the last click was, in ISO 8601. */
  readonly end: string;
  /** How many clicks. */
  readonly count: number;
  /** The pages, each once, in the order in which they were opened. */
  readonly pages: readonly string[];
}

/** A click that came when its session was over. */
export type LateClick = LateItem<Click>;

/** Options of {@linkcode findSessions}. */
export interface SessionRules {
  /** A session ends when its user has not clicked for so long, in milliseconds. */
  readonly gapMs: number;
  /** How far the clicks may be out of order before they are late, in milliseconds. */
  readonly allowedLatenessMs: number;
  /** Sessions end at each multiple of so many milliseconds since 1970, as at midnight. Never by default. */
  readonly maxSessionMs?: number;
  /** Gets each late click; a promise that it returns is waited for. */
  readonly lateClicks: (late: LateClick) => unknown;
}

/** Finds the sessions of each user by when the clicks happened. Those that end first come first. */
export function findSessions(
  { gapMs, allowedLatenessMs, lateClicks, maxSessionMs = Infinity }: SessionRules,
): StreamingPipeline<Click, Session, unknown> {
  return StreamingPipeline.start<Click>()
    .windowTime("sessions", {
      timestamp: ({ at }) => at,
      by: ({ user, at }) => `${Math.floor(at / maxSessionMs)} ${user}`,
      gapMs,
      allowedLatenessMs,
      lateItems: lateClicks,
      aggregate: { initial: createVisit, add, merge },
    })
    .map("summaries", ({ start, end, value: { user, count, pages } }): Session => ({
      user,
      start: new Date(start).toISOString(),
      // A window ends where the next click would begin another one.
      end: new Date(end - gapMs).toISOString(),
      count,
      pages: [...pages].sort(([, a], [, b]) => a - b).map(([page]) => page),
    }));
}

/** What is kept of the clicks of a session: it grows with its pages, and not with its clicks. */
interface Visit {
  user: string;
  count: number;
  /** When each page was opened first; those of one moment in the order in which their clicks came. */
  readonly pages: Map<string, number>;
}

function createVisit(): Visit {
  return { user: "", count: 0, pages: new Map() };
}

function add(visit: Visit, { user, page, at }: Click): Visit {
  visit.user = user;
  visit.count++;
  noteOpened(visit, page, at);
  return visit;
}

/** A click has come between two sessions: they are one. Fewer pages go to more, so that none is moved often. */
function merge(one: Visit, other: Visit): Visit {
  const [larger, smaller] = one.pages.size < other.pages.size ? [other, one] : [one, other];
  larger.count += smaller.count;
  for (const [page, at] of smaller.pages) noteOpened(larger, page, at);
  return larger;
}

function noteOpened({ pages }: Visit, page: string, at: number): void {
  if (at >= (pages.get(page) ?? Infinity)) return;
  pages.delete(page);
  pages.set(page, at);
}
