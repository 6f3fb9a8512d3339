/**
 * Calls that wait in line: none overtakes the one before it.
 *
 * @module
 */

import type { Caller } from "../internal/admission.ts";
import { RemovableHeap } from "../internal/removable_heap.ts";
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
  readonly #front: Front | undefined;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #gate: Gate | undefined;

  /** With a front, it waits there for the gates that all lines of its policy pass. */
  constructor(id: string, gates: readonly Gate[], host: LineHost, front?: Front) {
    this.id = id;
    this.gates = gates;
    this.#host = host;
    this.#front = front;
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
    this.#gate = undefined;
    const wait = (block: Block) => {
      if (this.#front?.has(block.gate)) this.#front.add(this, nowMs);
      else this.park(block, nowMs);
    };
    while (!this.isEmpty && this.settleFirst(nowMs, wait));
  }

  /** Begins the first call, or rejects it; false where it has to wait, with which `wait` is called. */
  settleFirst(nowMs: number, wait: (block: Block) => void): boolean {
    const first = this.#first!;
    try {
      first.signal.throwIfAborted();
      const block = findBlock(this.gates, first, nowMs);
      if (block !== undefined) {
        wait(block);
        return false;
      }
    } catch (error) {
      this.#remove(first, !first.signal.aborted);
      first.reject(error);
      return true;
    }
    this.#remove(first, false);
    first.resolve(this.#host.begin(first, this.gates, nowMs));
    return true;
  }

  /** Waits at the gate. */
  park({ gate, waitMs }: Block, nowMs: number): void {
    gate.park(this, waitMs, nowMs);
    this.#gate = gate;
  }

  /** Removes a call that must not wait any more. */
  drop(waiting: Waiting, reason: unknown, nowMs: number): void {
    if (waiting.isOver) return;
    const isFirst = this.#first === waiting;
    this.#remove(waiting, false);
    waiting.reject(reason);
    if (!isFirst) return;
    const gate = this.#gate;
    if (gate === undefined) return this.#front?.drop(this, nowMs);
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

/**
 * The lines of one policy that wait for a gate that all of them pass. Only the first of them stands
 * at it: with one line for each key, all of them would go from gate to gate.
 */
export class Front implements Queue {
  place: Place | undefined;
  readonly #gates: ReadonlySet<Gate>;
  readonly #lines: RemovableHeap<PlaceOfLine> = new RemovableHeap((a, b) => a.turn < b.turn);
  #gate: Gate | undefined;

  /** In front of the gates that all lines pass. */
  constructor(gates: readonly Gate[]) {
    this.#gates = new Set(gates);
  }

  get turn(): number {
    return this.#lines.peek()!.turn;
  }

  /** Whether lines wait here for `gate`. */
  has(gate: Gate): boolean {
    return this.#gates.has(gate);
  }

  /** `line` waits here. */
  add(line: Line, nowMs: number): void {
    const isFirst = this.#gate === undefined || line.turn < this.turn;
    this.#push(line);
    if (isFirst) this.#moveOn(nowMs);
  }

  /** The first call of `line`, if that waits here, has left. */
  drop(line: Line, nowMs: number): void {
    if (line.place === undefined) return;
    const isFirst = this.#lines.peek() === line.place;
    this.#replace(line);
    if (isFirst) this.#moveOn(nowMs);
  }

  advance(nowMs: number): void {
    this.#gate = undefined;
    for (let first = this.#lines.peek(); first !== undefined; first = this.#lines.peek()) {
      const { queue: line } = first;
      const isGone = line.settleFirst(nowMs, (block) => {
        if (this.has(block.gate)) {
          block.gate.park(this, block.waitMs, nowMs);
          this.#gate = block.gate;
        } else {
          this.#remove(line);
          line.park(block, nowMs);
        }
      });
      if (isGone) this.#replace(line);
      else if (this.#gate !== undefined) return;
    }
  }

  fail(error: unknown): void {
    this.#gate = undefined;
    for (let first = this.#lines.peek(); first !== undefined; first = this.#lines.peek()) {
      this.#remove(first.queue);
      first.queue.fail(error);
    }
  }

  /** Another line is the first. */
  #moveOn(nowMs: number): void {
    const gate = this.#gate;
    gate?.unpark(this);
    this.advance(nowMs);
    if (gate !== undefined) letPass([gate], nowMs);
  }

  #push(line: Line): void {
    const place = { queue: line, turn: line.turn };
    line.place = place;
    this.#lines.push(place);
  }

  #remove(line: Line): void {
    if (line.place !== undefined) this.#lines.remove(line.place as PlaceOfLine);
    line.place = undefined;
  }

  /** Puts a line where its next call belongs. */
  #replace(line: Line): void {
    this.#remove(line);
    if (!line.isEmpty) this.#push(line);
  }
}

interface PlaceOfLine extends Place {
  readonly queue: Line;
}
