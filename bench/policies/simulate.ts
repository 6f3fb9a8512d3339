/** Runs the simulation with one library. @module */

import { CLIENTS } from "./clients.ts";
import { createItems, type Figures, Provider } from "./provider.ts";
import { inVirtualTime } from "./virtual_time.ts";

const SEED = 1;

/** One simulation. */
export interface Simulation {
  /** Names a client. */
  readonly client: string;
  readonly items: number;
  /** The most calls at a time. */
  readonly maxCalls: number;
}

/** Works on all items with the library of this name, in simulated time. */
export function simulate({ client, items, maxCalls }: Simulation): Promise<Figures> {
  const work = CLIENTS[client];
  if (work === undefined) throw new Error(`There is no client "${client}"`);
  return inVirtualTime(SEED, async (now) => {
    const provider = new Provider(now);
    await work({ items: createItems(items), call: provider.call, maxCalls });
    return provider.figures;
  });
}
