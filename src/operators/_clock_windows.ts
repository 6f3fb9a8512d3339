/**
 * Windows by the time at which items come in.
 *
 * @module
 */

import type { ItemPath } from "../core/context.ts";
import { clock } from "../internal/clock.ts";
import { NONE, type TimedParts, TimedStream } from "./_timed_stream.ts";
import type { WindowContent } from "./_window_content.ts";
import type { WindowGrid, WindowPlace } from "./_window_grid.ts";

interface OpenWindow {
  readonly place: WindowPlace;
  /** What it holds. */
  content: unknown;
  /** Of the item that came last. */
  path: ItemPath;
  /** How many items no later window has. */
  lastOf: number;
  /** The one that begins after it. */
  next: OpenWindow | undefined;
}

/** The windows of one run; each comes out when its time is over. */
export class ClockWindows extends TimedStream {
  readonly #grid: WindowGrid;
  readonly #content: WindowContent;
  #arrivals = 0;
  /** What the time of day is ahead of the clock that does not go backwards. */
  readonly #aheadMs: number;
  readonly #open = new Map<WindowPlace["id"], OpenWindow>();
  /** As the time only goes on, the first to begin is also the first to end. */
  #first: OpenWindow | undefined;
  #latest: OpenWindow | undefined;
  #bufferedCount = 0;
  #isOver = false;

  constructor(parts: TimedParts, grid: WindowGrid, content: WindowContent) {
    super(parts);
    this.#content = content;
    this.#grid = grid;
    this.#aheadMs = clock.wallTime() - clock.now();
  }

  protected override bufferedCount(): number {
    return this.#bufferedCount;
  }

  protected override accept(item: unknown, nowMs: number): void {
    const places = [...this.#grid.placesOf(nowMs + this.#aheadMs)].reverse();
    const path = this.control.path();
    let last: OpenWindow | undefined;
    for (const place of places) {
      const known = this.#open.get(place.id);
      const before = known === undefined ? this.#content.initial() : known.content;
      const content = this.#content.add(before, item, this.#arrivals++);
      last = known ?? this.#begin(place, content);
      last.content = content;
      last.path = path;
    }
    if (last === undefined) return this.control.drop();
    last.lastOf++;
    this.#bufferedCount++;
  }

  protected override take(nowMs: number): unknown {
    const first = this.#first;
    if (first === undefined) return NONE;
    const { content, lastOf, path, next, place: { id, start, last } } = first;
    const end = last + 1;
    if (!this.#isOver && end > nowMs + this.#aheadMs) return NONE;
    this.#bufferedCount -= lastOf;
    this.control.follow(path);
    this.#open.delete(id);
    this.#first = next;
    return this.#content.close(content, start, end, undefined);
  }

  protected override dueMs(): number | undefined {
    return this.#first && this.#first.place.last + 1 - this.#aheadMs;
  }

  protected override finish(): void {
    this.#isOver = true;
  }

  #begin(place: WindowPlace, content: unknown): OpenWindow {
    const window = { place, content, path: undefined, lastOf: 0, next: undefined };
    if (this.#first === undefined) this.#first = window;
    else this.#latest!.next = window;
    this.#latest = window;
    this.#open.set(place.id, window);
    return window;
  }
}
