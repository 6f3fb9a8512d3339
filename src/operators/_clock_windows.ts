/**
 * Windows by the time at which items come in.
 *
 * @module
 */

import type { StreamContext } from "../engine/stage.ts";
import { clock } from "../internal/clock.ts";
import { type ClosedWindow, startsOf } from "./_event_windows.ts";
import { NONE, TimedStream } from "./_timed_stream.ts";

/** The windows of one run; each is handed out when its time is over. */
export class ClockWindows extends TimedStream {
  readonly #sizeMs: number;
  readonly #slideMs: number;
  /** What the time of day is ahead of the clock that does not go backwards. */
  readonly #aheadMs: number;
  /** By start. As the time only goes on, the first is also the first to end. */
  readonly #open = new Map<number, unknown[]>();
  #isOver = false;

  constructor(input: StreamContext["input"], sizeMs: number, slideMs: number) {
    super(input);
    this.#sizeMs = sizeMs;
    this.#slideMs = slideMs;
    this.#aheadMs = clock.wallTime() - clock.now();
  }

  protected override accept(item: unknown, nowMs: number): void {
    const starts = [...startsOf(nowMs + this.#aheadMs, this.#sizeMs, this.#slideMs)];
    for (const start of starts.reverse()) {
      const items = this.#open.get(start);
      if (items === undefined) this.#open.set(start, [item]);
      else items.push(item);
    }
  }

  protected override take(nowMs: number): unknown {
    const first = this.#first();
    if (first === undefined) return NONE;
    if (!this.#isOver && first.end > nowMs + this.#aheadMs) return NONE;
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
    for (const [start, items] of this.#open) {
      return { start, end: start + this.#sizeMs, items, key: undefined };
    }
    return undefined;
  }
}
