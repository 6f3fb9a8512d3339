/**
 * Admits attempts, or keeps them waiting: one rule of a policy, for one key.
 *
 * @module
 */

import { RemovableHeap } from "../internal/removable_heap.ts";
import type { Alarm, Timed } from "./_alarm.ts";
import type { Ended } from "./_ended.ts";

/** Calls in line, as the gate sees them that keeps the first of them waiting. */
export interface Queue {
  /** The place of the first of them in the order of all calls. */
  readonly turn: number;
  /** Its position in the gate. Only what it waits in writes it. */
  place: Place | undefined;
  /** Admits the calls that may begin, and waits where the next may not. */
  advance(nowMs: number): void;
  /** Rejects all of them. */
  fail(error: unknown): void;
}

/** A queue in the order of a gate. */
export interface Place {
  readonly queue: Queue;
  readonly turn: number;
}

let nextId = 0;

/** One rule, for one key. Those that wait for it are admitted in the order in which they came. */
export abstract class Gate implements Timed {
  readonly id: number = nextId++;
  /** How many queues and attempts refer to it: it is evicted when there are none. */
  users = 0;
  /** The timer of its part, which alone writes it. */
  alarm!: Alarm;
  /** Absent until something waits here: most gates of keys never have any. */
  #places: RemovableHeap<Place> | undefined;
  #pausedUntilMs = -Infinity;

  /** Throws where an attempt of this cost is refused. */
  check(_cost: number, _nowMs: number): void {}

  /** How long an attempt would have to wait here: 0 for not at all, `Infinity` for an event. */
  protected waitMs(_cost: number, _nowMs: number): number {
    return 0;
  }

  /** An attempt begins. What is returned is passed back when it has ended. */
  abstract pass(cost: number, nowMs: number): number;

  /**
   * An attempt that was admitted here has ended; returns whether others may begin because of it.
   */
  leave(_mark: number, _ended: Ended): boolean {
    return false;
  }

  /** Whether its state is that of one that is made anew; asked of gates that have a key. */
  isForgettable(_nowMs: number): boolean {
    return false;
  }

  /** How long the call with this turn has to wait, which may not overtake earlier ones. */
  blockedMs(cost: number, turn: number, nowMs: number): number {
    const first = this.#places?.peek();
    if (first !== undefined && first.turn < turn) return Infinity;
    return Math.max(this.pausedMs(nowMs), this.waitMs(cost, nowMs));
  }

  /** How long nothing is admitted, because the service has asked for that. */
  pausedMs(nowMs: number): number {
    return Math.max(this.#pausedUntilMs - nowMs, 0);
  }

  /** Admits nothing for `durationMs`. */
  protected pause(durationMs: number, nowMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + durationMs);
  }

  /** Has `queue` wait here, for `waitMs` unless something else happens. */
  park(queue: Queue, waitMs: number, nowMs: number): void {
    if (waitMs < Infinity) this.alarm.set(this, nowMs + waitMs);
    queue.place = { queue, turn: queue.turn };
    this.#places ??= new RemovableHeap((a, b) => a.turn < b.turn);
    this.#places.push(queue.place);
  }

  /** `queue` waits here no more; {@linkcode letPass} must be called then. */
  unpark(queue: Queue): void {
    this.#places!.remove(queue.place!);
    queue.place = undefined;
  }

  /** The place of the call that waits here longest, in the order of all calls. */
  get turn(): number {
    return this.#places?.peek()?.turn ?? Infinity;
  }

  /** Admits calls of the queue that waits here longest; whether the next one must be looked at. */
  letNext(nowMs: number): boolean {
    const first = this.#places?.peek();
    if (first === undefined) {
      this.alarm.clear(this);
      return false;
    }
    const { queue } = first;
    this.unpark(queue);
    queue.advance(nowMs);
    return queue.place === undefined || this.#places?.peek() !== queue.place;
  }

  onDue(nowMs: number): void {
    letPass([this], nowMs);
  }

  onFailure(error: unknown): void {
    for (let first = this.#places?.peek(); first !== undefined; first = this.#places?.peek()) {
      this.unpark(first.queue);
      first.queue.fail(error);
    }
  }
}

/** Admits the waiting calls that may begin now, whichever of `gates` they wait at. */
export function letPass(gates: readonly Gate[], nowMs: number): void {
  const open = new Set(gates);
  for (;;) {
    let next: Gate | undefined;
    // A gate that opened at the same moment may have a call that came before.
    for (const gate of open) if (next === undefined || gate.turn < next.turn) next = gate;
    if (next === undefined) return;
    if (!next.letNext(nowMs)) open.delete(next);
  }
}
