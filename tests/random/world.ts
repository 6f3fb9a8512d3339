// The world that a random run lives in: everything that waits does so here, and is let go one by one
// in the order that the program says. No real time passes. The one fault of the program happens
// here too.

import { createDeferred } from "../../src/internal/promises.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settleMicrotasks, turn } from "../../src/testing/turns.ts";
import type { FaultPoint, FaultSpec, Program, StageSpec } from "./program.ts";

/** No timer of a run is this far away but that which would let go of work that never ends. */
export const FAR_AWAY_MS = 1e9;

const IDLE_TURNS_TO_GIVE_UP = 30;

/**
 * In a row, with nothing else in between: some timers check again and again, as for a group that is
 * busy.
 */
const TIMERS_TO_GIVE_UP = 2_000;

/** What the function of a stage throws on purpose. */
export class StageFailure extends Error {
  readonly key: string;
  readonly op: string;
  /** Of the item among those of its stage. */
  readonly index: number;
  readonly code: string;

  constructor({ key, op, failure }: StageSpec, index: number) {
    super(`${key} fails on item ${index}`);
    this.key = key;
    this.op = op;
    this.index = index;
    this.code = failure?.passes ? "ECONNRESET" : "NO_QUOTA";
  }
}

/** What else is thrown on purpose, by whom. */
export const SOURCE_FAILURE: Error = new Error("a source fails");
export const CLOSE_FAILURE: Error = new Error("a source cannot be closed");
export const FAULT: Error = new Error("the fault of the program");

/** What consumers throw and abort with. */
export const REASON: Error = new Error("the consumer has seen enough");

/** A failure of a stage that nothing has mended. */
export interface Failure {
  readonly key: string;
  /** Absent where it belongs to no item. */
  readonly index?: number | undefined;
  readonly error: unknown;
}

/** Holds whatever waits until it is let go, and notes what fails. */
export class World {
  readonly clock: TestClock;
  /** In the order in which they happened. */
  readonly failures: Failure[] = [];
  /** What was found to be wrong where a throw would count as a failure of the program. */
  readonly problems: string[] = [];
  /** Set when the run has ended: what is called from then on is called too late. */
  isOver = false;
  /** Whether the run was stopped: sources beside the first may not be read to their end. */
  isStopped = false;
  /** Whether it was left no time for calls that ran. */
  isHurried = false;
  /** Whether the fault has happened. */
  isFaulty = false;
  readonly #waiting: (() => void)[] = [];
  readonly #picks: readonly number[];
  readonly #fault: FaultSpec | undefined;
  readonly #met = new Map<FaultPoint, number>();
  #picked = 0;

  constructor({ picks, fault }: Pick<Program, "picks" | "fault">) {
    this.#picks = picks;
    this.#fault = fault;
    this.clock = new FaultyClock(this);
  }

  /** Passes a point where the fault may happen: nothing, a throw, or a promise that never settles. */
  meet(point: FaultPoint): undefined | Promise<never> {
    const fault = this.#fault;
    const nth = this.metAt(point) + 1;
    this.#met.set(point, nth);
    if (fault?.point !== point || fault.nth !== nth) return undefined;
    this.isFaulty = true;
    if (fault.kind === "fails") throw FAULT;
    return new Promise(() => {});
  }

  /** How often the run has passed a point. */
  metAt(point: FaultPoint): number {
    return this.#met.get(point) ?? 0;
  }

  /** Waits to be let go; rejects when `signal` is aborted, if it is given. */
  wait(signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = createDeferred<void>();
    const onAbort = () => reject(signal!.reason);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    return promise;
  }

  /**
   * Lets one after the other go while `isOn`; `look` is called each time. A run that waits for
   * nothing is stuck, which `rescue` can say to be no wonder: it then ends the run.
   */
  async drive(isOn: () => boolean, look: () => void, rescue: () => boolean): Promise<void> {
    let dueBeforeMs = FAR_AWAY_MS;
    let fired = 0;
    for (let idle = 0; isOn(); look()) {
      await settleMicrotasks();
      // What has no time left does not wait for what may go on.
      if (this.clock.nextDueMs === this.clock.now() && fired++ < TIMERS_TO_GIVE_UP) {
        this.clock.fireNext();
        continue;
      }
      if (this.#letGo()) {
        idle = fired = 0;
        continue;
      }
      await turn();
      if (!isOn() || this.#waiting.length > 0) continue;
      const { nextDueMs = Infinity } = this.clock;
      if (nextDueMs < dueBeforeMs && fired++ < TIMERS_TO_GIVE_UP) this.clock.fireNext();
      else if (++idle > IDLE_TURNS_TO_GIVE_UP) {
        if (dueBeforeMs === Infinity || !rescue()) throw new Error("The run waits for nothing");
        idle = fired = 0;
        dueBeforeMs = Infinity;
      }
    }
  }

  /** Lets all go that still waits when the run is over, for what comes of it then. */
  async letAllGo(): Promise<void> {
    while (this.#letGo()) await settleMicrotasks();
  }

  #letGo(): boolean {
    if (this.#waiting.length === 0) return false;
    const pick = this.#picks[this.#picked++ % this.#picks.length]!;
    const [chosen] = this.#waiting.splice(pick % this.#waiting.length, 1);
    chosen!();
    return true;
  }
}

/** A clock whose timers can fail to be set, or to go off. */
class FaultyClock extends TestClock {
  readonly #world: World;

  constructor(world: World) {
    super();
    this.#world = world;
  }

  override schedule(callback: () => void, delayMs: number): () => void {
    return this.#world.meet("timer") === undefined ? super.schedule(callback, delayMs) : () => {};
  }
}
