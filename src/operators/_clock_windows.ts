/**
 * Windows by the time at which items come in.
 *
 * @module
 */

import type { ItemPath, StageMemory } from "../core/context.ts";
import { clock } from "../internal/clock.ts";
import { Heap } from "../internal/heap.ts";
import { NONE, type TimedParts, TimedStream } from "./_timed_stream.ts";
import type { WindowContent } from "./_window_content.ts";
import type { WindowGrid, WindowPlace } from "./_window_grid.ts";

interface OpenWindow {
  readonly place: WindowPlace;
  /** What it holds. */
  content: unknown;
  /** The path of the item that came last. */
  path: ItemPath;
  /** How many items no later window has. */
  lastOf: number;
}

/** What is saved of the windows. */
interface SavedWindows {
  readonly windows: readonly Pick<OpenWindow, "place" | "content" | "lastOf">[];
  readonly arrivals: number;
  readonly buffered: number;
}

/** The windows of one run; each comes out when its time is over. */
export class ClockWindows extends TimedStream implements StageMemory {
  readonly version = 1;
  readonly #grid: WindowGrid;
  readonly #content: WindowContent;
  #arrivals = 0;
  /** How far the time of day is ahead of the monotonic clock. */
  readonly #aheadMs: number;
  readonly #open = new Map<WindowPlace["id"], OpenWindow>();
  /**
   * The same, the first to end on top. Where the clock was set back before a restart, it is not the one
   * that was begun first.
   */
  readonly #ends: Heap<OpenWindow> = new Heap((a, b) => a.place.last < b.place.last);
  #bufferedCount = 0;
  #isOver = false;

  constructor(parts: TimedParts, grid: WindowGrid, content: WindowContent) {
    super(parts);
    this.#content = content;
    this.#grid = grid;
    this.#aheadMs = clock.wallTime() - clock.now();
    parts.control.keep(this);
  }

  snapshot(): unknown {
    const windows = Array.from(this.#open.values(), ({ place, content, lastOf }) => ({
      place,
      content,
      lastOf,
    }));
    return { windows, arrivals: this.#arrivals, buffered: this.#bufferedCount };
  }

  /** What is overdue is emitted at the next demand. */
  restore({ windows, arrivals, buffered }: SavedWindows): void {
    for (const { place, content, lastOf } of windows) this.#begin(place, content).lastOf = lastOf;
    this.#arrivals = arrivals;
    this.#bufferedCount = buffered;
  }

  protected override bufferedCount(): number {
    return this.#bufferedCount;
  }

  protected override accept(item: unknown): void {
    const places = [...this.#grid.placesOf(this.nowMs + this.#aheadMs)].reverse();
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

  protected override take(): unknown {
    const first = this.#ends.peek();
    if (first === undefined) return NONE;
    const { content, lastOf, path, place: { id, start, last } } = first;
    const end = last + 1;
    if (!this.#isOver && end > this.nowMs + this.#aheadMs) return NONE;
    this.#bufferedCount -= lastOf;
    this.control.follow(path);
    this.#open.delete(id);
    this.#ends.pop();
    return this.#content.close(content, start, end, undefined);
  }

  protected override dueMs(): number | undefined {
    const first = this.#ends.peek();
    return first && first.place.last + 1 - this.#aheadMs;
  }

  protected override finish(): void {
    this.#isOver = true;
  }

  #begin(place: WindowPlace, content: unknown): OpenWindow {
    const window = { place, content, path: undefined, lastOf: 0 };
    this.#ends.push(window);
    this.#open.set(place.id, window);
    return window;
  }
}
