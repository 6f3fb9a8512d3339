// L4: what is handed over when nothing waits for it any more is closed.

import { assertEquals } from "@std/assert";
import { retrySource, StreamingPipeline } from "../../mod.ts";
import { createDeferred, type Deferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { FORMS, Handed } from "../support/handed.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { LIMITS, RETRY, SOME_MODES } from "./_guards.ts";

const CLOSE_TIMEOUT_MS = 5_000;
const REASON = new Error("thrown by the test");

const start = () => StreamingPipeline.start<number>();

type Items = AsyncIterable<number>;

type Late = Deferred<Items>;

/** Whatever can hand something over by a promise. */
const LATE: Readonly<Record<string, (late: Late) => AsyncGenerator<unknown>>> = {
  ...Object.fromEntries(
    Object.entries(SOME_MODES).flatMap(([mode, options]) =>
      Object.entries({ "": {}, " with retry": RETRY, " with timeoutMs": { timeoutMs: 1e9 } }).map(
        ([guard, more]) => [
          `flatMap()${mode}${guard}`,
          (late: Late) =>
            start().flatMap("stage", () => late.promise, { ...options, ...more })
              .execute([1], { closeTimeoutMs: CLOSE_TIMEOUT_MS }),
        ],
      )
    ),
  ),
  "retrySource()": (late) => retrySource(() => late.promise, { maxAttempts: 2, backoffMs: 1 }),
  ...Object.fromEntries(
    (["mergeWith", "concatWith", "interleaveWith", "zipWith", "combineLatestWith"] as const).map(
      (name) => [
        `the function of ${name}()`,
        (late: Late) => start()[name]("stage", () => late.promise).execute([]),
      ],
    ),
  ),
};

for (const [name, open] of Object.entries(LATE)) {
  for (
    const [when, waitMs] of [
      ["after the run was closed", CLOSE_TIMEOUT_MS],
      ["while the run is being closed", 0],
    ] as const
  ) {
    test(`[L4] ${name} closes what comes ${when}`, async () => {
      for (const form of FORMS) {
        await new TestClock().use(async (clock) => {
          const handed = new Handed(form);
          const late: Late = createDeferred();
          const items = open(late);
          watch(items.next());
          await settle();

          const closing = watch(items.return(undefined));
          if (waitMs > 0) await clock.advance(waitMs);
          late.resolve(handed.given);
          await settle();

          assertEquals([closing.state, handed.fault, handed.pulls], ["resolved", undefined, 0]);
        });
      }
    });
  }
}

for (const [mode, options] of Object.entries(SOME_MODES)) {
  for (const [limit, more] of Object.entries(LIMITS)) {
    test(`[L4] flatMap()${mode} with ${limit} closes what comes after its time`, async () => {
      for (const form of FORMS) {
        await new TestClock().use(async (clock) => {
          const all: { handed: Handed; late: Late }[] = [];
          const running = watch(
            start().flatMap("stage", () => {
              const late: Late = createDeferred();
              all.push({ handed: new Handed(form), late });
              return late.promise;
            }, { ...options, ...more }).executeToArray([1, 2]),
          );
          await clock.advance(1_000);
          for (const { handed, late } of all) late.resolve(handed.given);
          await settle();

          assertEquals(all.map(({ handed }) => handed.fault ?? handed.pulls), all.map(() => 0));
          assertEquals(running.state === "pending", false);
        });
      }
    });
  }
}

for (const [mode, options] of Object.entries(SOME_MODES)) {
  for (const [guard, more] of Object.entries({ "": {}, " with timeoutMs": { timeoutMs: 1e9 } })) {
    test(`[L4] flatMap()${mode}${guard} in a group closes what comes after the source has failed`, async () => {
      for (const form of FORMS) {
        await new TestClock().use(async (clock) => {
          const handed = new Handed(form);
          const late: Late = createDeferred();
          const source = new SourceProbe("an async iterable", { failAfter: 1, failure: REASON });
          const running = watch(
            start().groupBy(
              "groups",
              (item) => item,
              (group) => group.flatMap("stage", () => late.promise, { ...options, ...more }),
            ).executeToArray(source.source),
          );
          await clock.advance(CLOSE_TIMEOUT_MS);
          late.resolve(handed.given);
          await settle();

          assertEquals([running.state, handed.fault, handed.pulls], ["rejected", undefined, 0]);
        });
      }
    });
  }
}
