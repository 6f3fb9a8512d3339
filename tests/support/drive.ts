// Brings a run to its end by releasing its held calls one at a time, in an order of choice.

import type { CallProbe } from "../../src/testing/call_probe.ts";
import { settleMicrotasks, turn, watch } from "../../src/testing/turns.ts";

const IDLE_TURNS_TO_GIVE_UP = 200;

/** Picks one of the held calls, by its place among them. */
export type Pick = (count: number) => number;

/** The oldest, the newest, and any of them by a fixed sequence of numbers. */
export const PICKS: Readonly<Record<string, () => Pick>> = {
  "first to last": () => () => 0,
  "last to first": () => (count) => count - 1,
  "in a mixed order": () => {
    let state = 7;
    return (count) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % count;
  },
};

/** Waits for `work`, releasing one held call after the other; returns the order of release. */
export async function drive<T>(
  work: Promise<T>,
  calls: CallProbe,
  pick: Pick,
): Promise<{ readonly value: T; readonly released: readonly number[] }> {
  const watched = watch(work);
  const released: number[] = [];
  for (let idle = 0; watched.state === "pending";) {
    await settleMicrotasks();
    const { held } = calls;
    if (held.length > 0) {
      const index = held[pick(held.length)]!;
      released.push(index);
      calls.release(index);
      idle = 0;
    } else if (watched.state === "pending") {
      if (++idle > IDLE_TURNS_TO_GIVE_UP) throw new Error("The run waits for nothing");
      await turn();
    }
  }
  return { value: await work, released };
}
