// What becomes of a function that chooses an item's group when a group fails meanwhile.

import { assertEquals } from "@std/assert";
import { type StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const FAILURE = new Error("broken");
const start = () => StreamingPipeline.start<number>();

for (const obeys of [true, false]) {
  const how = obeys ? "obeys its signal" : "ignores it";
  test(`[L4] a function that chooses the group and ${how} is aborted and waited for when a group fails`, async () => {
    const { promise: released, resolve: release } = createDeferred<void>();
    const events: string[] = [];
    const keyOf = async (item: number, _: number, { signal }: { signal: AbortSignal }) => {
      if (item === 0) return "fails";
      signal.addEventListener("abort", () => events.push("aborted"), { once: true });
      const aborted = new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve())
      );
      await Promise.race([released, ...(obeys ? [aborted] : [])]);
      events.push("over");
      return "other";
    };
    const { promise: failing, resolve: fail } = createDeferred<void>();
    const pipeline = start().groupBy(
      "stage",
      keyOf,
      (group) =>
        group.map("inner", async () => {
          await failing;
          throw FAILURE;
        }),
    );

    const running = watch(
      pipeline.executeToArray([0, 1, 2]).catch((error) => {
        events.push("ended");
        throw error;
      }),
    );
    await settle();
    fail();
    await settle();
    if (!obeys) assertEquals([events, running.state], [["aborted"], "pending"]);
    release();
    await settle();

    assertEquals(events, ["aborted", "over", "ended"]);
    assertEquals((running.error as StreamingError).key, "stage");
  });
}
