import { assertEquals, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

const start = StreamingPipeline.start<number>();
const same = (item: number) => item;

/** What newcomers wrote, and what the message says was meant. */
const GUESSES: Readonly<Record<string, readonly [build: () => unknown, ending: string]>> = {
  "concurrency for concurrencyLimit": [
    () => start.map("a", same, { concurrency: 3 } as object),
    "Did you mean concurrencyLimit?",
  ],
  "another case": [
    () => start.map("a", same, { TimeoutMs: 3 } as object),
    "Did you mean timeoutMs?",
  ],
  "skip for SKIP_FAILED": [
    () => start.map("a", same, { errorStrategy: "skip" as never }),
    "Did you mean SKIP_FAILED?",
  ],
  "a stage without a key": [
    () => start.map(same as never, undefined as never),
    'a stage begins with its key: map("key", …)',
  ],
};

for (const [what, [build, ending]] of Object.entries(GUESSES)) {
  test(`[L9] a message says what was probably meant: ${what}`, () => {
    const { message } = assertThrows(build, TypeError);

    assertEquals(message.slice(-ending.length), ending);
  });
}

test("[L9] a message guesses nothing where no word is like the one given", () => {
  const { message } = assertThrows(() => start.map("a", same, { x: 1 } as object), TypeError);

  assertEquals(message.includes("Did you mean"), false);
});
