/**
 * Lets calls begin when all rules of a policy let them: all at one moment, so that none holds a
 * place at one rule while it waits for another.
 *
 * @module
 */

import type { Admission, Caller, Door, Paces, PacesGiven } from "../internal/admission.ts";
import { clock } from "../internal/clock.ts";
import { Aborts } from "./_aborts.ts";
import { type DoorHost, type Permit, StageDoor } from "./_door.ts";
import { readEnded } from "./_ended.ts";
import { type Gate, letPass } from "./_gate.ts";
import { findBlock, Front, Line, type LineHost, type Request, type Waiting } from "./_line.ts";
import { Counts, type Given, type Part } from "./_part.ts";

const NOTHING_GIVEN: Given = {};

/** The place of the next call in the order of all calls, of whatever policy. */
let nextTurn = 0;

/** Where calls begin. */
export class Entrance implements Admission, DoorHost, LineHost {
  readonly parts: readonly Part[];
  readonly counts: Counts;
  /** Its own parts, and those of all policies that it is made of. */
  readonly #counters: readonly Counts[];
  /** The gates of every call; absent where they depend on a key. */
  readonly #gates: readonly Gate[] | undefined;
  /** The costs of every call; absent where they depend on its input. */
  readonly #costs: readonly number[] | undefined;
  /** Those in which a call waits, by the gates that they lead to. */
  readonly #lines: Map<string, Line> = new Map();
  /** Where lines of several keys wait for what they share. */
  readonly #front: Front | undefined;
  readonly #aborts: Aborts<Waiting>;

  /** Of parts that are new, of other entrances, or both. */
  constructor(members: readonly (Part | Entrance)[]) {
    this.parts = unite(members.map((each) => each instanceof Entrance ? each.parts : [each]));
    const inner = members.map((each) => each instanceof Entrance ? each.#counters : [each.counts]);
    this.counts = inner.length === 1 ? inner[0]![0]! : new Counts();
    this.#counters = unite([[this.counts], ...inner]);
    const gates = this.parts.map(({ only }) => only);
    if (!gates.includes(undefined)) this.#gates = gates as readonly Gate[];
    else this.#front = new Front(gates.filter((gate) => gate !== undefined));
    const hasCosts = this.parts.some(({ kind }) => kind.costOf !== undefined);
    if (!hasCosts) this.#costs = gates.map(() => 1);
    this.#aborts = new Aborts((waiting, reason) => waiting.line.drop(waiting, reason, clock.now()));
  }

  get limit(): number | undefined {
    return this.parts[0]!.kind.limit?.();
  }

  get createPaces(): ((given: PacesGiven) => Paces) | undefined {
    const readLimit = this.parts[0]!.kind.limit;
    return readLimit && (({ highWaterMark, ordered = true }) => ({
      get concurrencyLimit() {
        return readLimit();
      },
      get highWaterMark() {
        return highWaterMark ?? readLimit();
      },
      ordered,
    }));
  }

  openDoor(onSpent: () => void): Door {
    return new StageDoor(this, onSpent);
  }

  enter(input: unknown, caller: Caller, given: Given = NOTHING_GIVEN): Permit | Promise<Permit> {
    const nowMs = clock.now();
    const costs = this.#costs ?? this.parts.map((part) => part.readCost(input, given));
    const gates = this.#gates ?? this.parts.map((part) => part.findGate(input, given, nowMs));
    const request = { turn: nextTurn++, caller, costs };
    const id = this.#gates === undefined ? gates.map((gate) => gate.id).join() : "";
    const line = this.#lines.get(id);
    try {
      const isFree = findBlock(gates, request, nowMs) === undefined && line === undefined;
      if (isFree) return this.begin(request, gates, nowMs);
    } catch (refusal) {
      for (const counts of this.#counters) counts.refused++;
      throw refusal;
    }
    const { signal } = caller;
    if (signal.aborted) throw signal.reason;
    return this.#wait(request, line ?? this.#openLine(id, gates), nowMs);
  }

  mayRetry(error: unknown): boolean {
    const budgets = this.parts.map(({ kind }) => kind.retries);
    if (budgets.some((budget) => budget?.mayRetry(error) === false)) return false;
    for (const budget of budgets) budget?.retry?.();
    return true;
  }

  and(other: Admission): Entrance {
    // Policies are made here alone.
    return new Entrance([this, other as Entrance]);
  }

  begin({ caller, costs }: Request, gates: readonly Gate[], nowMs: number): Permit {
    for (const counts of this.#counters) {
      counts.running++;
      counts.started++;
    }
    const marks = gates.map((gate, at) => {
      gate.users++;
      return gate.pass(costs[at]!, nowMs);
    });
    let isOver = false;
    return {
      settle: (outcome, isFailed) => {
        if (isOver) return;
        isOver = true;
        const endMs = clock.now();
        const ended = readEnded(outcome, isFailed, caller, { startMs: nowMs, endMs });
        for (const counts of this.#counters) counts.running--;
        const opened = gates.filter((gate, at) => {
          gate.users--;
          return gate.leave(marks[at]!, ended);
        });
        letPass(opened, endMs);
        if (ended.problems.length > 0) throw joinErrors(outcome, isFailed, ended.problems);
      },
    };
  }

  leave(waiting: Waiting, isRefused: boolean): void {
    this.#aborts.remove(waiting.signal, waiting);
    for (const counts of this.#counters) {
      counts.waiting--;
      if (isRefused) counts.refused++;
    }
    const { line } = waiting;
    if (!line.isEmpty) return;
    this.#lines.delete(line.id);
    for (const gate of line.gates) gate.users--;
  }

  #openLine(id: string, gates: readonly Gate[]): Line {
    const line = new Line(id, gates, this, this.#front);
    for (const gate of gates) gate.users++;
    this.#lines.set(id, line);
    return line;
  }

  #wait(request: Request, line: Line, nowMs: number): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const { signal } = request.caller;
      const place = { before: undefined, after: undefined, isOver: false };
      const waiting: Waiting = { ...request, ...place, line, signal, resolve, reject };
      for (const counts of this.#counters) counts.waiting++;
      this.#aborts.add(signal, waiting);
      line.push(waiting, nowMs);
    });
  }
}

/** What a call fails with about which a function of the user has thrown: its own error as well. */
function joinErrors(outcome: unknown, isFailed: boolean, problems: readonly unknown[]): unknown {
  if (!isFailed) return problems[0];
  const message = "A call has failed, and so has isFailure, which was asked about its error";
  return new AggregateError([outcome, ...problems], message);
}

function unite<T>(groups: readonly (readonly T[])[]): T[] {
  return [...new Set(groups.flat())];
}
