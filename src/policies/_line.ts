/**
 * Calls that wait in line: none overtakes the one before it.
 *
 * @module
 */

import type { Caller } from "../internal/admission.ts";
import type { Permit } from "./_door.ts";
import { type Gate, letPass, type Place, type Queue } from "./_gate.ts";

/** A call that asks to begin. */
export interface Request {
  /** Its place in the order of all calls. */
  readonly turn: number;
  readonly caller: Caller;
  /** What it costs at each gate. */
  readonly costs: readonly number[];
}

/** A call that waits to begin. */
export interface Waiting extends Request {
  readonly line: Line;
  readonly signal: AbortSignal;
  resolve(permit: Permit): void;
  reject(error: unknown): void;
  before: Waiting | undefined;
  after: Waiting | undefined;
  isOver: boolean;
}

/** What a line calls its owner with. */
export interface LineHost {
  /** A call does not wait any more; `isRefused`: because it was refused. */
  leave(waiting: Waiting, isRefused: boolean): void;
  /** A call begins. */
  begin(request: Request, gates: readonly Gate[], nowMs: number): Permit;
}

/** A gate that a call may not pass, and for how long, if nothing else happens. */
export interface Block {
  readonly gate: Gate;
  readonly waitMs: number;
}

/** The gate that keeps the call waiting, if there is one; throws where it is refused. */
export function findBlock(
  gates: readonly Gate[],
  { costs, turn }: Request,
  nowMs: number,
): Block | undefined {
  for (const [at, gate] of gates.entries()) gate.check(costs[at]!, nowMs);
  for (const [at, gate] of gates.entries()) {
    const waitMs = gate.blockedMs(costs[at]!, turn, nowMs);
    if (waitMs > 0) return { gate, waitMs };
  }
  return undefined;
}

/**
 * The calls of one policy that pass the same gates. Only the first waits at a gate, so that a call
 * is checked a few times, however many wait.
 */
export class Line implements Queue {
  place: Place | undefined;
  readonly id: string;
  readonly gates: readonly Gate[];
  readonly #host: LineHost;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #gate: Gate | undefined;

  constructor(id: string, gates: readonly Gate[], host: LineHost) {
    this.id = id;
    this.gates = gates;
    this.#host = host;
  }

  get turn(): number {
    return this.#first!.turn;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Puts a call at the end. */
  push(waiting: Waiting, nowMs: number): void {
    waiting.before = this.#last;
    if (this.#last === undefined) this.#first = waiting;
    else this.#last.after = waiting;
    this.#last = waiting;
    if (this.#first === waiting) this.advance(nowMs);
  }

  advance(nowMs: number): void {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      try {
        first.signal.throwIfAborted();
        const block = findBlock(this.gates, first, nowMs);
        if (block !== undefined) {
          block.gate.park(this, block.waitMs, nowMs);
          this.#gate = block.gate;
          return;
        }
      } catch (error) {
        this.#remove(first, !first.signal.aborted);
        first.reject(error);
        continue;
      }
      this.#remove(first, false);
      first.resolve(this.#host.begin(first, this.gates, nowMs));
    }
    this.#gate = undefined;
  }

  /** Removes a call that must not wait any more. */
  drop(waiting: Waiting, reason: unknown, nowMs: number): void {
    if (waiting.isOver) return;
    const gate = this.#first === waiting ? this.#gate : undefined;
    this.#remove(waiting, false);
    waiting.reject(reason);
    if (gate === undefined) return;
    gate.unpark(this);
    this.advance(nowMs);
    letPass([gate], nowMs);
  }

  fail(error: unknown): void {
    this.#gate = undefined;
    for (let first = this.#first; first !== undefined; first = this.#first) {
      this.#remove(first, true);
      first.reject(error);
    }
  }

  #remove(waiting: Waiting, isRefused: boolean): void {
    const { before, after } = waiting;
    waiting.isOver = true;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    this.#host.leave(waiting, isRefused);
  }
}
