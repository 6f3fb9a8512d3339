/**
 * What the stages that emit the latest item only have in common.
 *
 * @module
 */

import type { ItemPath } from "../core/context.ts";
import { NONE, type TimedParts, TimedStream } from "./_timed_stream.ts";

/** Keeps the item that came last until it is due; at the end it is due at once. */
export class Latest extends TimedStream {
  readonly #dueAt: (nowMs: number) => number;
  #item: unknown = NONE;
  #path: ItemPath;
  /** When it is due; absent where there is none. */
  #dueMs: number | undefined;

  /** `dueAt` says when an item is due that comes in now. */
  constructor(parts: TimedParts, dueAt: (nowMs: number) => number) {
    super(parts);
    this.#dueAt = dueAt;
  }

  protected override bufferedCount(): number {
    return this.#item === NONE ? 0 : 1;
  }

  protected override accept(item: unknown): void {
    if (this.#item !== NONE) this.control.drop();
    this.#item = item;
    this.#path = this.control.path();
    this.#dueMs = this.#dueAt(this.nowMs);
  }

  protected override take(): unknown {
    if (this.#dueMs === undefined || this.nowMs < this.#dueMs) return NONE;
    const item = this.#item;
    this.control.follow(this.#path);
    this.#item = NONE;
    this.#dueMs = undefined;
    return item;
  }

  protected override dueMs(): number | undefined {
    return this.#dueMs;
  }

  protected override finish(): void {
    if (this.#dueMs !== undefined) this.#dueMs = -Infinity;
  }
}
