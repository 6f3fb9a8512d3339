import type { Click } from "../../clicks.ts";
import type { Session } from "../../find_sessions.ts";

/** What must come out, by rules alone: no heap, no index, everything looked at for every click. */
export interface Outcome {
  readonly sessions: readonly Session[];
  readonly late: readonly Click[];
}

interface Group {
  readonly clicks: Click[];
  isOver: boolean;
}

/**
 * A click whose session would be over already, and that touches no open one, is late. A session is
 * over when the latest click of anybody, less what may be out of order, has reached its end.
 */
export function sessionsByRule(
  clicks: readonly Click[],
  gapMs: number,
  allowedLatenessMs: number,
): Outcome {
  const sessions: Session[] = [];
  const late: Click[] = [];
  let groups: Group[] = [];
  let watermark = -Infinity;

  const endOf = (group: Group) => Math.max(...group.clicks.map(({ at }) => at)) + gapMs;
  const finish = (until: number) => {
    const over = groups.filter((group) => !group.isOver && endOf(group) <= until);
    over.sort((a, b) => endOf(a) - endOf(b) || startOf(a.clicks) - startOf(b.clicks));
    for (const group of over) {
      group.isOver = true;
      sessions.push(toSession(group.clicks));
    }
  };

  for (const click of clicks) {
    const near = groups.filter((group) =>
      !group.isOver && group.clicks[0]!.user === click.user &&
      group.clicks.some(({ at }) => Math.abs(at - click.at) < gapMs)
    );
    if (near.length === 0 && click.at + gapMs <= watermark) {
      late.push(click);
    } else {
      // The one that began first goes on, so that those that are left stay in their order.
      const [first = { clicks: [], isOver: false }, ...others] = near;
      if (near.length === 0) groups.push(first);
      first.clicks.push(...others.flatMap(({ clicks }) => clicks), click);
      groups = groups.filter((group) => !others.includes(group));
    }
    watermark = Math.max(watermark, click.at - allowedLatenessMs);
    finish(watermark);
  }
  finish(Infinity);
  return { sessions, late };
}

/** The sessions of clicks that need not be in order, where none can be late: user by user. */
export function sessionsOfAll(clicks: readonly Click[], gapMs: number): Session[] {
  return [...Map.groupBy(clicks, ({ user }) => user).values()].flatMap((ofUser) => {
    const sessions: Click[][] = [];
    let last = -Infinity;
    for (const click of ofUser.toSorted((a, b) => a.at - b.at)) {
      if (click.at - last >= gapMs) sessions.push([]);
      sessions.at(-1)!.push(click);
      last = click.at;
    }
    return sessions.map(toSession);
  });
}

/** Any order will do, as long as it is always the same. */
export function sorted(sessions: readonly Session[]): Session[] {
  return sessions.toSorted((a, b) =>
    a.start < b.start ? -1 : a.start > b.start ? 1 : a.user < b.user ? -1 : 1
  );
}

function toSession(clicks: readonly Click[]): Session {
  const inOrder = clicks.toSorted((a, b) => a.at - b.at);
  return {
    user: clicks[0]!.user,
    start: new Date(inOrder[0]!.at).toISOString(),
    end: new Date(inOrder.at(-1)!.at).toISOString(),
    count: clicks.length,
    pages: inOrder.map(({ page }) => page).filter((page, index, all) =>
      all.indexOf(page) === index
    ),
  };
}

function startOf(clicks: readonly Click[]): number {
  return Math.min(...clicks.map(({ at }) => at));
}
