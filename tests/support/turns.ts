// Waiting in tests: by turns of the event loop, never by a span of time.

// Taken before any test can put a clock of its own in its place.
const { setTimeout: startTimer } = globalThis;

const TURNS_TO_GIVE_UP = 500;
const MICROTASKS = 64;

/** Waits for one turn of the event loop: all microtasks have run dry by then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => startTimer(resolve, 0));
}

/** Lets everything happen that can happen without further input. */
export async function settle(): Promise<void> {
  await settleMicrotasks();
  await turn();
}

/** Lets short chains of promises come to their end, much faster than a turn of the event loop. */
export async function settleMicrotasks(): Promise<void> {
  for (let hops = 0; hops < MICROTASKS; hops++) await undefined;
}

/** Waits until `condition` holds; fails where it does not come to that by itself. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns === TURNS_TO_GIVE_UP) throw new Error(`It never came to this: ${what}`);
    await turn();
  }
}

/** What a promise has come to so far. */
export interface Watched<T> {
  readonly state: "pending" | "resolved" | "rejected";
  readonly value?: T;
  readonly error?: unknown;
}

/** Watches a promise, whose rejection counts as handled from then on. */
export function watch<T>(promise: PromiseLike<T>): Watched<T> {
  const watched: { state: Watched<T>["state"]; value?: T; error?: unknown } = { state: "pending" };
  promise.then(
    (value) => Object.assign(watched, { state: "resolved", value }),
    (error) => Object.assign(watched, { state: "rejected", error }),
  );
  return watched;
}
