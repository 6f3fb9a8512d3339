/**
 * Windows by event time. The terms are those of Akidau et al., "The Dataflow Model" (VLDB 2015).
 *
 * @module
 */

import type { ItemPath } from "../engine/stage.ts";
import type { Gathered } from "./_gather.ts";
import { Heap } from "./_heap.ts";

interface SlidingShape {
  readonly kind: "sliding";
  readonly sizeMs: number;
  readonly slideMs: number;
}

/** Where windows lie. */
export type WindowShape =
  | SlidingShape
  | { readonly kind: "session"; readonly gapMs: number };

/** A window that is closed, as it is handed out. */
export interface ClosedWindow {
  readonly start: number;
  readonly end: number;
  readonly items: readonly unknown[];
  readonly key: unknown;
}

interface OpenWindow {
  readonly key: unknown;
  /** Its place among all windows, in the order in which they began to form. */
  readonly number: number;
  /** What tells it from others of its key: its start, or its number for a session. */
  readonly id: number;
  start: number;
  end: number;
  /** The end by which it stands in the heap: a session can have grown since. */
  dueEnd: number;
  items: unknown[];
  /** Of the item that came last. */
  path: ItemPath;
  /** How many items no later window has. */
  lastOf: number;
  /** Whether another session has taken it in. */
  isMerged: boolean;
}

/** An item that comes in. */
interface Arrival {
  readonly item: unknown;
  readonly path: ItemPath;
}

/** What became of an item. */
export type Placement = "placed" | "between" | "late";

/** The starts of the windows that a moment is in, the last first. */
export function* startsOf(
  atMs: number,
  sizeMs: number,
  slideMs: number,
): Generator<number, void, undefined> {
  const last = Math.floor(atMs / slideMs) * slideMs;
  for (let start = last; start + sizeMs > atMs; start -= slideMs) yield start;
}

/** The windows that are open, per key, and the watermark that closes them. */
export class EventWindows {
  /** No item is expected any more that happened before this. */
  watermark: number = -Infinity;
  /** How many items are kept. */
  held = 0;

  readonly #shape: WindowShape;
  readonly #allowedLatenessMs: number;
  /** By key and id. */
  readonly #open = new Map<unknown, Map<number, OpenWindow>>();
  readonly #byEnd = new Heap<OpenWindow>((a, b) => a.dueEnd < b.dueEnd);
  #count = 0;

  constructor(shape: WindowShape, allowedLatenessMs: number) {
    this.#shape = shape;
    this.#allowedLatenessMs = allowedLatenessMs;
  }

  /** Puts an item into its windows that are open still, and moves the watermark. */
  add(item: unknown, atMs: number, key: unknown, path: ItemPath): Placement {
    const shape = this.#shape;
    const placement = shape.kind === "session"
      ? this.#addToSession({ item, path }, atMs, atMs + shape.gapMs, key)
      : this.#addToWindows({ item, path }, atMs, key, shape);
    if (placement === "placed") this.held++;
    this.watermark = Math.max(this.watermark, atMs - this.#allowedLatenessMs);
    return placement;
  }

  /** Takes out the windows that the watermark has passed, the first to end first. */
  close(watermark: number = this.watermark): readonly Gathered<ClosedWindow>[] {
    const closed: OpenWindow[] = [];
    for (let head = this.#byEnd.peek(); head !== undefined; head = this.#byEnd.peek()) {
      if (head.dueEnd > watermark) break;
      this.#byEnd.pop();
      if (head.isMerged) continue;
      if (head.end > head.dueEnd) this.#enqueue(head);
      else closed.push(head);
    }
    for (const window of closed) {
      this.held -= window.lastOf;
      this.#forget(window);
    }
    closed.sort((a, b) => a.end - b.end || a.start - b.start || a.number - b.number);
    return closed.map(({ start, end, items, key, path }) => {
      return { value: { start, end, items, key }, path };
    });
  }

  #addToWindows(
    arrival: Arrival,
    atMs: number,
    key: unknown,
    { sizeMs, slideMs }: SlidingShape,
  ): Placement {
    let placement: Placement = "between";
    for (const start of startsOf(atMs, sizeMs, slideMs)) {
      const end = start + sizeMs;
      // Those before end earlier still.
      if (end <= this.watermark) return placement === "between" ? "late" : placement;
      const window = this.#open.get(key)?.get(start) ?? this.#begin(key, start, end, start);
      take(window, arrival);
      if (placement === "between") window.lastOf++;
      placement = "placed";
    }
    return placement;
  }

  #addToSession(arrival: Arrival, start: number, end: number, key: unknown): Placement {
    const open = this.#open.get(key)?.values() ?? [];
    const [first, ...others] = [...open].filter((each) => each.start < end && each.end > start);
    if (first === undefined && end <= this.watermark) return "late";
    const session = first ?? this.#begin(key, start, end);
    for (const other of others) this.#merge(session, other);
    session.start = Math.min(session.start, start);
    session.end = Math.max(session.end, end);
    take(session, arrival);
    session.lastOf++;
    return "placed";
  }

  #merge(session: OpenWindow, other: OpenWindow): void {
    for (const item of other.items) session.items.push(item);
    session.lastOf += other.lastOf;
    session.start = Math.min(session.start, other.start);
    session.end = Math.max(session.end, other.end);
    other.isMerged = true;
    other.items = [];
    this.#forget(other);
  }

  #begin(key: unknown, start: number, end: number, id: number = this.#count): OpenWindow {
    const number = this.#count++;
    const state = { dueEnd: end, items: [], path: undefined, lastOf: 0, isMerged: false };
    const window: OpenWindow = { key, number, id, start, end, ...state };
    const open = this.#open.get(key);
    if (open === undefined) this.#open.set(key, new Map([[id, window]]));
    else open.set(id, window);
    this.#enqueue(window);
    return window;
  }

  #enqueue(window: OpenWindow): void {
    window.dueEnd = window.end;
    this.#byEnd.push(window);
  }

  #forget(window: OpenWindow): void {
    const open = this.#open.get(window.key)!;
    open.delete(window.id);
    if (open.size === 0) this.#open.delete(window.key);
  }
}

function take(window: OpenWindow, { item, path }: Arrival): void {
  window.items.push(item);
  window.path = path;
}
