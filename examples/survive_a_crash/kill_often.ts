import type { OrdersApi } from "./orders_api.ts";

/** A worker gets so many pages at most before it is killed. */
const MAX_PAGES = 4;
/** How long after it was given the last of them, in milliseconds. */
const MAX_DELAY_MS = 80;
/** How long after its start, where it gets none: it may not have begun then. */
const MAX_START_MS = 600;

/** A process. */
export interface Worker {
  kill(signal: "SIGKILL"): void;
  readonly status: Promise<{ readonly success: boolean }>;
}

/** Options of {@linkcode killOften}. */
export interface KillOptions {
  /** Starts a worker. */
  readonly start: () => Worker;
  readonly api: OrdersApi;
  /** How many workers are killed. */
  readonly kills: number;
  /** Numbers from 0 to below 1. */
  readonly random: () => number;
}

/** The API lists so many pages that no worker reaches the end before all are killed. */
export function countPages(kills: number): number {
  return (MAX_PAGES + 1) * kills + 1;
}

/**
 * Starts a worker, kills it with SIGKILL at a random moment, starts the next one, and so on; the last
 * one is left alone.
 *
 * @throws {Error} If a worker ends by itself before, or the last one fails.
 */
export async function killOften({ start, api, kills, random }: KillOptions): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    const pages = Math.floor(random() * (MAX_PAGES + 1));
    const delayMs = random() * (pages === 0 ? MAX_START_MS : MAX_DELAY_MS);
    const asked = api.allow(pages);
    const worker = start();
    const isAlive = await livesUntil(asked, delayMs, worker);
    if (!isAlive) throw new Error(`Worker ${kill} has ended before it was killed`);
    worker.kill("SIGKILL");
    await worker.status;
  }
  api.allow(Infinity);
  const { success } = await start().status;
  if (!success) throw new Error("The last worker has failed");
}

/** Waits until so long after the pages were asked for; false where the worker has ended by then. */
async function livesUntil(asked: Promise<void>, delayMs: number, worker: Worker): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const moment = asked.then(() =>
    new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, delayMs, true);
    })
  );
  try {
    return await Promise.race([moment, worker.status.then(() => false)]);
  } finally {
    clearTimeout(timer);
  }
}

/** Random numbers, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
