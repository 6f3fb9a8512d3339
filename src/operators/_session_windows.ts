/**
 * Sessions by event time: windows that grow as long as their items are near each other.
 *
 * @module
 */

import {
  type Arrival,
  EventWindows,
  OpenWindow,
  type Placement,
  type SavedWindow,
} from "./_event_windows.ts";
import type { WindowContent } from "./_window_content.ts";
import { floorDifference } from "./_window_grid.ts";

/** The cells whose sessions an item can belong to, relative to its own. */
const NEAR = [-1, 0, 1] as const;

/** A session that still takes items. */
class Session extends OpenWindow {
  /** The cells of time that its items are in. */
  cells: number[] = [];
}

/**
 * The sessions that are open.
 *
 * Time is divided into cells as long as the gap. Items in one cell are in one session, and an item
 * can only belong to sessions in its own cell and those beside it: what it costs to find them does
 * not depend on how many are open.
 */
export class SessionWindows extends EventWindows<Session> {
  readonly #gapMs: number;
  /** By key and cell. */
  readonly #open = new Map<unknown, Map<number, Session>>();

  /** `gapMs` is a positive integer. */
  constructor(gapMs: number, allowedLatenessMs: number, content: WindowContent) {
    super(allowedLatenessMs, content);
    this.#gapMs = gapMs;
  }

  protected override place({ item, atMs, key, path }: Arrival, number: number): Placement {
    const cell = this.#cellOf(atMs);
    const near = this.#findNear(key, cell, atMs);
    if (near === undefined && this.isPast(atMs)) return "late";
    const before = near === undefined ? this.content.initial() : near.content;
    const content = this.content.add(before, item, number);
    const session = near ?? this.#begin(key, atMs, content);
    session.content = content;
    session.start = Math.min(session.start, atMs);
    session.last = Math.max(session.last, atMs);
    session.path = path;
    session.lastOf++;
    this.#enter(session, cell);
    return "placed";
  }

  protected override isPast(last: number): boolean {
    return floorDifference(this.latestMs, this.allowedLatenessMs, last) >= this.#gapMs;
  }

  protected override endOf({ last }: Session): number {
    return last + this.#gapMs;
  }

  protected override forget(session: Session): void {
    const open = this.#open.get(session.key)!;
    for (const cell of session.cells) open.delete(cell);
    if (open.size === 0) this.#open.delete(session.key);
  }

  /** The session that the moment belongs to: one, as all that it connects are merged. */
  #findNear(key: unknown, cell: number, atMs: number): Session | undefined {
    const open = this.#open.get(key);
    if (open === undefined) return undefined;
    let near: Session | undefined;
    for (const offset of NEAR) {
      const session = open.get(cell + offset);
      if (session === undefined || session === near || !this.#isNear(session, atMs)) continue;
      near = near === undefined ? session : this.#merge(near, session);
    }
    return near;
  }

  #isNear({ start, last }: Session, atMs: number): boolean {
    return floorDifference(atMs, last) < this.#gapMs && floorDifference(start, atMs) < this.#gapMs;
  }

  /** Moves the one with fewer items into the other, so that none is moved often. */
  #merge(one: Session, other: Session): Session {
    const [larger, smaller] = one.lastOf < other.lastOf ? [other, one] : [one, other];
    const [earlier, later] = one.start <= other.start ? [one, other] : [other, one];
    larger.content = this.content.merge(earlier.content, later.content);
    for (const cell of smaller.cells) this.#enter(larger, cell);
    larger.lastOf += smaller.lastOf;
    larger.start = Math.min(larger.start, smaller.start);
    larger.last = Math.max(larger.last, smaller.last);
    smaller.isMerged = true;
    smaller.cells = [];
    smaller.content = undefined;
    return larger;
  }

  protected override placeOf({ cells }: Session): unknown {
    return cells;
  }

  protected override reopen({ key, number, start, last, content, place }: SavedWindow): Session {
    const session = new Session(key, number, start, last, content);
    for (const cell of place as number[]) this.#enter(session, cell);
    return session;
  }

  #begin(key: unknown, atMs: number, content: unknown): Session {
    const session = new Session(key, this.nextNumber(), atMs, atMs, content);
    this.enqueue(session);
    return session;
  }

  #enter(session: Session, cell: number): void {
    let open = this.#open.get(session.key);
    if (open === undefined) this.#open.set(session.key, open = new Map());
    if (open.get(cell) === session) return;
    open.set(cell, session);
    session.cells.push(cell);
  }

  /** Of whole numbers, whose remainders are exact. */
  #cellOf(atMs: number): number {
    const at = Math.floor(atMs);
    const rest = at % this.#gapMs;
    return (at - rest) / this.#gapMs - (rest < 0 ? 1 : 0);
  }
}
