/**
 * Windows by the time at which items come in.
 *
 * @module
 */

import type { ItemPath } from "../engine/stage.ts";
import { clock } from "../internal/clock.ts";
import { type ClosedWindow, startsOf } from "./_event_windows.ts";
import { NONE, type TimedParts, TimedStream } from "./_timed_stream.ts";

interface OpenWindow {
  readonly items: unknown[];
  /** Of the item that came last. */
  path: ItemPath;
  /** How many items no later window has. */
  lastOf: number;
}

/** The windows of one run; each is handed out when its time is over. */
export class ClockWindows extends TimedStream {
  readonly #sizeMs: number;
  readonly #slideMs: number;
  /** What the time of day is ahead of the clock that does not go backwards. */
  readonly #aheadMs: number;
  /** By start. As the time only goes on, the first is also the first to end. */
  readonly #open = new Map<number, OpenWindow>();
  #held = 0;
  #isOver = false;

  constructor(parts: TimedParts, sizeMs: number, slideMs: number) {
    super(parts);
    this.#sizeMs = sizeMs;
    this.#slideMs = slideMs;
    this.#aheadMs = clock.wallTime() - clock.now();
  }

  protected override held(): number {
    return this.#held;
  }

  protected override accept(item: unknown, nowMs: number): void {
    const starts = [...startsOf(nowMs + this.#aheadMs, this.#sizeMs, this.#slideMs)];
    const path = this.control.path();
    let last: OpenWindow | undefined;
    for (const start of starts.reverse()) {
      last = this.#open.get(start);
      if (last === undefined) this.#open.set(start, last = { items: [], path, lastOf: 0 });
      last.items.push(item);
      last.path = path;
    }
    if (last === undefined) return this.control.drop();
    last.lastOf++;
    this.#held++;
  }

  protected override take(nowMs: number): unknown {
    const first = this.#first();
    if (first === undefined) return NONE;
    if (!this.#isOver && first.end > nowMs + this.#aheadMs) return NONE;
    const { lastOf, path } = this.#open.get(first.start)!;
    this.#held -= lastOf;
    this.control.follow(path);
    this.#open.delete(first.start);
    return first;
  }

  protected override dueMs(): number | undefined {
    const first = this.#first();
    return first && first.end - this.#aheadMs;
  }

  protected override finish(): void {
    this.#isOver = true;
  }

  #first(): ClosedWindow | undefined {
    for (const [start, { items }] of this.#open) {
      return { start, end: start + this.#sizeMs, items, key: undefined };
    }
    return undefined;
  }
}
