// One clock for the core and the package, which only a test moves.

import { type FakeClock, withFakeClock } from "../../../../tests/support/fake_clock.ts";
import { useClock } from "../../src/_clock.ts";

/** Runs `body` with a clock that stands still until it is moved. */
export async function withFakeTime(body: (clock: FakeClock) => Promise<void>): Promise<void> {
  await withFakeClock(async (clock) => {
    const restore = useClock(clock);
    try {
      await body(clock);
    } finally {
      restore();
    }
  });
}
