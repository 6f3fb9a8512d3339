/**
 * Windows by event time. The terms are those of Akidau et al., "The Dataflow Model" (VLDB 2015).
 *
 * @module
 */

import type { ItemPath } from "../core/context.ts";
import type { Gathered } from "./_gather.ts";
import { requireSavable } from "./_keys.ts";
import { Heap } from "../internal/heap.ts";
import type { ClosedWindow, WindowContent } from "./_window_content.ts";

/** A window that still takes items. */
export class OpenWindow {
  readonly key: unknown;
  /** Its first millisecond; the time of the first item of a session. */
  start: number;
  /** Its last millisecond; the time of the last item of a session. */
  last: number;
  /** `last` as the heap knows it: a session can have grown since. */
  dueLast: number;
  /** What it holds. */
  content: unknown;
  /** Of the item that came last. */
  path: ItemPath;
  /** How many items no later window has. */
  lastOf = 0;
  /** Its place among all windows, in the order in which they began to form. */
  readonly number: number;
  /** Whether another session has taken it in. */
  isMerged = false;

  constructor(key: unknown, number: number, start: number, last: number, content: unknown) {
    this.key = key;
    this.content = content;
    this.number = number;
    this.start = start;
    this.last = last;
    this.dueLast = last;
  }
}

/** An item that comes in. */
export interface Arrival {
  readonly item: unknown;
  /** When it happened, in milliseconds: a number within ±2^53. */
  readonly atMs: number;
  readonly key: unknown;
  readonly path: ItemPath;
}

/** What became of an item. */
export type Placement = "placed" | "between" | "late";

/** What a stage asks of its windows, whatever their kind. */
export type Windows = Pick<
  EventWindows<OpenWindow>,
  "watermark" | "bufferedCount" | "add" | "close" | "closeAll" | "snapshot" | "restore"
>;

/** What is saved of a window; `place` is what finds it, beside its key. */
export interface SavedWindow
  extends Pick<OpenWindow, "key" | "number" | "start" | "last" | "content" | "lastOf"> {
  readonly place: unknown;
}

/** What is saved of the windows of a stage. */
interface SavedWindows {
  readonly windows: readonly SavedWindow[];
  readonly latestMs: number;
  readonly bufferedCount: number;
  readonly count: number;
  readonly arrivals: number;
}

/** The windows that are open, per key, and the watermark that closes them. */
export abstract class EventWindows<TWindow extends OpenWindow> {
  /** How many items are kept. */
  bufferedCount = 0;

  protected readonly allowedLatenessMs: number;
  protected readonly content: WindowContent;
  /** The highest time that an item has had. */
  protected latestMs: number = -Infinity;
  readonly #byLast = new Heap<TWindow>((a, b) => a.dueLast < b.dueLast);
  #count = 0;
  #arrivals = 0;

  constructor(allowedLatenessMs: number, content: WindowContent) {
    this.allowedLatenessMs = allowedLatenessMs;
    this.content = content;
  }

  /** What is saved of all that is open. */
  snapshot(): SavedWindows {
    const windows: SavedWindow[] = [];
    this.#byLast.retain((window) => {
      if (window.isMerged) return false;
      const { key, number, start, last, content, lastOf } = window;
      requireSavable(key);
      windows.push({ key, number, start, last, content, lastOf, place: this.placeOf(window) });
      return true;
    });
    const { latestMs, bufferedCount } = this;
    return { windows, latestMs, bufferedCount, count: this.#count, arrivals: this.#arrivals };
  }

  /** Opens what was saved. */
  restore({ windows, latestMs, bufferedCount, count, arrivals }: SavedWindows): void {
    for (const saved of windows) {
      const window = this.reopen(saved);
      window.lastOf = saved.lastOf;
      this.enqueue(window);
    }
    this.latestMs = latestMs;
    this.bufferedCount = bufferedCount;
    this.#count = count;
    this.#arrivals = arrivals;
  }

  /** What finds the window again, beside its key. */
  protected abstract placeOf(window: TWindow): unknown;
  /** Reopens a saved window, and puts it where it is found again. */
  protected abstract reopen(saved: SavedWindow): TWindow;

  /** No item that happened before this is expected any more. */
  get watermark(): number {
    return this.latestMs - this.allowedLatenessMs;
  }

  /** Puts an item into its windows that are still open, and moves the watermark. */
  add(arrival: Arrival): Placement {
    const placement = this.place(arrival, this.#arrivals++);
    if (placement === "placed") this.bufferedCount++;
    this.latestMs = Math.max(this.latestMs, arrival.atMs);
    return placement;
  }

  /** Takes out the windows that the watermark has passed, the first to end first. */
  close(): readonly Gathered<ClosedWindow>[] {
    return this.#close((last) => this.isPast(last));
  }

  /** Takes out all windows. */
  closeAll(): readonly Gathered<ClosedWindow>[] {
    return this.#close(() => true);
  }

  /** The item is the `number`-th that has come. */
  protected abstract place(arrival: Arrival, number: number): Placement;
  /** Whether the watermark has passed the end of a window with this `last`. */
  protected abstract isPast(last: number): boolean;
  /** The first moment after the window. */
  protected abstract endOf(window: TWindow): number;
  /** The window is closed. */
  protected abstract forget(window: TWindow): void;

  /** The place of a new window among all. */
  protected nextNumber(): number {
    return this.#count++;
  }

  /** Has the window closed when its time has come. */
  protected enqueue(window: TWindow): void {
    window.dueLast = window.last;
    this.#byLast.push(window);
  }

  #close(isDue: (last: number) => boolean): readonly Gathered<ClosedWindow>[] {
    const closed: TWindow[] = [];
    for (let head = this.#byLast.peek(); head !== undefined; head = this.#byLast.peek()) {
      if (!isDue(head.dueLast)) break;
      this.#byLast.pop();
      if (head.isMerged) continue;
      if (head.last > head.dueLast) this.enqueue(head);
      else closed.push(head);
    }
    for (const window of closed) {
      this.bufferedCount -= window.lastOf;
      this.forget(window);
    }
    closed.sort((a, b) => a.last - b.last || a.start - b.start || a.number - b.number);
    return closed.map((window) => {
      const { start, content, key, path } = window;
      return { value: this.content.close(content, start, this.endOf(window), key), path };
    });
  }
}
