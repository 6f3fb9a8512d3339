// Work that keeps a processor busy for as long as an item asks.

/** What an item asks for. */
export interface Load {
  readonly turns: number;
  /** What is copied on the way. */
  readonly payload: Uint8Array;
}

/** Turns of a loop that cannot be left out. */
export function work({ turns, payload }: Load): number {
  let state = payload.length + 1;
  for (let turn = 0; turn < turns; turn++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 1;
  }
  return state;
}

/** How many turns take a millisecond here, by the fastest of several tries. */
export function countTurnsPerMs(): number {
  const turns = 2_000_000;
  const payload = new Uint8Array(1);
  let bestMs = Infinity;
  for (let round = 0; round < 10; round++) {
    const startedAt = performance.now();
    work({ turns, payload });
    bestMs = Math.min(bestMs, performance.now() - startedAt);
  }
  return turns / bestMs;
}
