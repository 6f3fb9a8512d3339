/**
 * Waiting in tests: by turns of the event loop, never by a span of time.
 *
 * @module
 */

import { isPromiseLike, waitTurns } from "../internal/promises.ts";
import { refuse, refuseValue, requireFunction } from "../internal/validation.ts";

interface Scheduling {
  readonly setImmediate?: (callback: () => void) => void;
}

// A timer of 0 ms takes a whole one, and more in browsers. Taken before any test can put a clock of
// its own in its place.
const { setTimeout: startTimer } = globalThis;
/** The real time in milliseconds, also where a test has the platform's own stand still. */
export const readRealMs: () => number = performance.now.bind(performance);
const startTask = (globalThis as Scheduling).setImmediate ?? createTaskStarter();

const UNTIL = { operator: "call until" };
const PROMISED = "condition must return a boolean, got a promise; await it before";
const WATCH = { operator: "call watch" };
const TURNS_TO_GIVE_UP = 500;
const MICROTASKS = 64;

/**
 * Waits for one turn of the event loop: by then no microtask is left.
 *
 * @category Testing
 *
 * @example Whatever can happen by microtasks has happened
 * ```ts
 * import { turn } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * let hops = 0;
 * const hop = async () => {
 *   while (hops < 1_000) hops += await 1;
 * };
 * hop();
 * await turn();
 *
 * assertEquals(hops, 1_000);
 * ```
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => startTask(resolve));
}

/**
 * Lets everything happen that can happen without further input: for tests that look at what a run
 * has read, called or left alone so far.
 *
 * @category Testing
 *
 * @example Nothing is read ahead
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { settle, SourceProbe } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const probe = new SourceProbe("an async iterable");
 * const items = StreamingPipeline.start<number>().map("same", (n) => n).execute(probe.source);
 * await items.next();
 * await settle();
 *
 * assertEquals(probe.pulls, 1);
 * await items.return();
 * ```
 */
export async function settle(): Promise<void> {
  await settleMicrotasks();
  await turn();
}

/** Lets short chains of promises settle, much faster than a turn of the event loop. */
export function settleMicrotasks(): Promise<void> {
  return waitTurns(MICROTASKS);
}

/**
 * Waits until `condition` holds, for 500 turns of the event loop at most.
 *
 * @param what What is waited for, for the message.
 * @throws {Error} Rejects where it does not hold by then.
 * @throws {TypeError} Rejects where `condition` is no function, or returns a promise.
 * @category Testing
 *
 * @example Until a call runs
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { CallProbe, until } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const calls = new CallProbe({ hold: true });
 * const load = calls.wrap((n) => n * 2, true);
 * const running = StreamingPipeline.start<number>().map("load", load).executeToArray([4]);
 * await until("a call runs", () => calls.running === 1);
 * calls.releaseAll();
 *
 * assertEquals(await running, [8]);
 * ```
 */
export async function until(what: string, condition: () => boolean): Promise<void> {
  requireFunction(UNTIL, "condition", condition);
  const holds = () => {
    const answer: unknown = condition();
    // Any promise would count as true.
    if (isPromiseLike(answer)) refuse(UNTIL, PROMISED);
    return answer;
  };
  for (let turns = 0; !holds(); turns++) {
    if (turns === TURNS_TO_GIVE_UP) throw new Error(`It did not happen: ${what}`);
    await turn();
  }
}

/**
 * The state of a promise so far.
 *
 * @category Testing
 */
export interface Watched<T> {
  /** Whether it is settled, and how. */
  readonly state: "pending" | "resolved" | "rejected";
  /** What it was resolved with. */
  readonly value?: T;
  /** What it was rejected with. */
  readonly error?: unknown;
}

/**
 * Watches a promise, whose rejection counts as handled from then on.
 *
 * @category Testing
 *
 * @example A pull that waits for a silent source
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { settle, SourceProbe, watch } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const probe = new SourceProbe("an async iterable", { silentAfter: 0 });
 * const items = StreamingPipeline.start<number>().map("same", (n) => n).execute(probe.source);
 * const pull = watch(items.next());
 * await settle();
 * const before = pull.state;
 * await items.return();
 *
 * assertEquals([before, pull.state], ["pending", "resolved"]);
 * ```
 */
export function watch<T>(promise: PromiseLike<T>): Watched<T> {
  if (!isPromiseLike(promise)) {
    refuseValue(WATCH, "what is watched", "a promise", promise);
  }
  const watched: { state: Watched<T>["state"]; value?: T; error?: unknown } = { state: "pending" };
  promise.then(
    (value) => Object.assign(watched, { state: "resolved", value }),
    (error) => Object.assign(watched, { state: "rejected", error }),
  );
  return watched;
}

/** Messages are tasks of their own, without the delay of a timer; not every runtime has them. */
function createTaskStarter(): (callback: () => void) => void {
  if (!("document" in globalThis)) return (callback) => void startTimer(callback, 0);
  const { port1, port2 } = new MessageChannel();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()!();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(undefined);
  };
}
