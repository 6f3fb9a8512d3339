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
  /** Gets each late click; a promise that it returns is waited for. */
  readonly lateClicks: (late: LateClick) => unknown;
}

/** Finds the sessions of each user by when the clicks happened. Those that end first come first. */
export function findSessions(
  { gapMs, allowedLatenessMs, lateClicks }: SessionRules,
): StreamingPipeline<Click, Session, unknown> {
  return StreamingPipeline.start<Click>()
    .windowTime("sessions", {
      timestamp: ({ at }) => at,
      by: ({ user }) => user,
      gapMs,
      allowedLatenessMs,
      lateItems: lateClicks,
    })
    .map("summaries", ({ key: user, start, end, items }): Session => ({
      user,
      start: new Date(start).toISOString(),
      // A window ends where the next click would begin another one.
      end: new Date(end - gapMs).toISOString(),
      count: items.length,
      pages: pagesOf(items),
    }));
}

/** A window has its items in the order in which they came. */
function pagesOf(clicks: readonly Click[]): readonly string[] {
  const inOrder = clicks.toSorted((a, b) => a.at - b.at);
  return [...new Set(inOrder.map(({ page }) => page))];
}
