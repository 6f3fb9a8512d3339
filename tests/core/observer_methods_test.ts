import { type ObservedRun, type StageHooks, StreamingPipeline } from "../../mod.ts";
import { assertEquals } from "@std/assert";
import { collect } from "../support/collect.ts";
import { test } from "../harness.ts";

test("all hooks of a stage may be methods", async () => {
  class Hooks implements StageHooks {
    readonly called = new Set<string>();
    readonly traceIds: string[] = [];
    call(work: () => unknown): unknown {
      this.called.add("call");
      return work();
    }
    retried(): void {
      this.called.add("retried");
    }
    failed(): void {
      this.called.add("failed");
    }
    inner(run: ObservedRun): void {
      this.traceIds.push(run.traceId);
    }
  }
  const hooks = new Hooks();
  const run = StreamingPipeline.start<number>()
    .map("fail", (item) => {
      if (item === 0) throw new Error("no");
      return item;
    }, {
      errorStrategy: "SKIP_FAILED",
      retry: { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true },
    })
    .groupBy("groups", (item) => item, (group) => group)
    .run([0, 1, 2], { observer: () => ({ stage: () => hooks }) });
  await collect(run);

  assertEquals([...hooks.called].toSorted(), ["call", "failed", "retried"]);
  assertEquals(hooks.traceIds, [run.traceId, run.traceId]);
});
