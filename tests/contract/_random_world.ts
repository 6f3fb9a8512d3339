// The world that a random run lives in: everything that waits does so here, and is let go one by one
// in the order that the scenario says. No real time passes.

import { createDeferred } from "../../src/internal/promises.ts";
import type { FakeClock } from "../support/fake_clock.ts";
import { settleMicrotasks, turn, type Watched } from "../support/turns.ts";
import type { AnyContext } from "../support/call_probe.ts";
import { isHit } from "./_random_model.ts";
import type { StageSpec } from "./_random_specs.ts";

/** No timer of a run is this far away but that which would let go of work that never ends. */
export const FAR_AWAY_MS = 1e9;

const IDLE_TURNS_TO_GIVE_UP = 30;

/** What is thrown by stages on purpose. */
export const STAGE_FAILURE: Error = new Error("a stage fails");

/** Holds whatever waits, until it is let go. */
export class World {
  readonly #waiting: (() => void)[] = [];
  readonly #picks: readonly number[];
  #picked = 0;

  constructor(picks: readonly number[]) {
    this.#picks = picks;
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

  /** Lets one after the other go until `run` has come to an end; `look` is called each time. */
  async drive(run: Watched<unknown>, clock: FakeClock, look: () => void): Promise<void> {
    for (let idle = 0; run.state === "pending"; look()) {
      await settleMicrotasks();
      if (this.#letGo()) {
        idle = 0;
        continue;
      }
      await turn();
      if (run.state !== "pending" || this.#waiting.length > 0) continue;
      if (clock.nextDueMs !== undefined && clock.nextDueMs < FAR_AWAY_MS) clock.fireNext();
      else if (++idle > IDLE_TURNS_TO_GIVE_UP) throw new Error("The run waits for nothing");
    }
  }

  #letGo(): boolean {
    if (this.#waiting.length === 0) return false;
    const pick = this.#picks[this.#picked++ % this.#picks.length]!;
    const [chosen] = this.#waiting.splice(pick % this.#waiting.length, 1);
    chosen!();
    return true;
  }
}

/** The function of one stage: counts its calls, lets them wait, and fails as its spec says. */
export class StageProbe {
  running = 0;
  peak = 0;
  /** Calls made after the run was over. */
  late = 0;
  isRunOver = false;
  readonly spec: StageSpec;
  readonly #world: World;
  readonly #attempts = new Map<number, number>();

  constructor(spec: StageSpec, world: World) {
    this.spec = spec;
    this.#world = world;
  }

  /** Makes `answer` of the item, at once or later. `index` tells its attempts from others'. */
  call<T>(item: unknown, index: number, context: AnyContext, answer: () => T): T | Promise<T> {
    if (this.isRunOver) this.late++;
    this.running++;
    this.peak = Math.max(this.peak, this.running);
    const attempt = (this.#attempts.get(index) ?? 0) + 1;
    this.#attempts.set(index, attempt);
    if (this.spec.isAsync) return this.#callLater(item, attempt, context, answer);
    try {
      return this.#finish(item, attempt, answer);
    } finally {
      this.running--;
    }
  }

  async #callLater<T>(
    item: unknown,
    attempt: number,
    { signal }: AnyContext,
    answer: () => T,
  ): Promise<T> {
    try {
      await this.#world.wait(this.spec.obeys ? signal : undefined);
      return this.#finish(item, attempt, answer);
    } finally {
      this.running--;
    }
  }

  #finish<T>(item: unknown, attempt: number, answer: () => T): T {
    const { failure } = this.spec;
    if (failure !== undefined && attempt <= failure.times && isHit(failure, item)) {
      throw STAGE_FAILURE;
    }
    return answer();
  }
}
