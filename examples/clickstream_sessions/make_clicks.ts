import type { Click } from "./clicks.ts";

const START = Date.UTC(2026, 2, 1);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const PAGES = ["/", "/search", "/mills", "/mills/7", "/basket", "/pay", "/help", "/about"];

/** Options of {@linkcode makeClicks}. */
export interface MakeClicksOptions {
  /** The same seed makes the same clicks. */
  readonly seed: number;
  readonly count: number;
  readonly users: number;
}

/**
 * Makes clicks in the order in which they arrive: most within seconds after they happened, some
 * minutes later, and one in a hundred up to three hours later, as from a phone without a network.
 * Some visit begins every twenty seconds on average, so that time goes on with their number.
 */
export function makeClicks({ seed, count, users }: MakeClicksOptions): Click[] {
  const random = createRandom(seed);
  const between = (low: number, high: number) => Math.floor(low + random() * (high - low));
  const arrivals: { readonly click: Click; readonly arrivesAt: number }[] = [];
  for (let visitAt = START; arrivals.length < count; visitAt += between(0, 40 * SECOND)) {
    const user = `user-${between(0, users)}`;
    const visitLength = between(1, 13);
    for (let at = visitAt, number = 0; number < visitLength; number++) {
      const page = PAGES[between(0, PAGES.length)]!;
      const chance = random();
      const longest = chance < 0.01 ? 180 * MINUTE : chance < 0.1 ? 4 * MINUTE : 20 * SECOND;
      arrivals.push({ click: { user, page, at }, arrivesAt: at + between(0, longest) });
      // Some breaks are long enough to end a session.
      at += random() < 0.03 ? between(10 * MINUTE, 50 * MINUTE) : between(SECOND, 2 * MINUTE);
    }
  }
  arrivals.sort((a, b) => a.arrivesAt - b.arrivesAt);
  return arrivals.slice(0, count).map(({ click }) => click);
}

/** Numbers from 0 to 1 (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
