// One clock for the core and the package, which only a test moves.

import { TestClock } from "@headrace/pipeline/testing";
import { useClock } from "../../src/_clock.ts";

/** Runs `body` with a clock that stands still until it is moved. */
export async function withFakeTime(body: (clock: TestClock) => Promise<void>): Promise<void> {
  await new TestClock().use(async (clock) => {
    const restore = useClock(clock);
    try {
      await body(clock);
    } finally {
      restore();
    }
  });
}
