// What runs across the bridge ends with the run that it belongs to.

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  createStep,
  createStreamingStep,
  Pipeline,
  pipelineToStreaming,
  StreamingPipeline,
  streamingStepToStep,
  streamingToPipeline,
} from "../../../mod.ts";
import { test } from "../../harness.ts";
import { TestClock } from "../../../src/testing/test_clock.ts";
import { FORMS, Handed } from "../../support/handed.ts";
import { SOURCE_KINDS, SourceProbe } from "../../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../../src/testing/turns.ts";

for (const kind of SOURCE_KINDS) {
  test(`[L4] streamingToPipeline closes ${kind} once when a stage fails`, async () => {
    const probe = new SourceProbe(kind);
    const pipeline = streamingToPipeline(
      StreamingPipeline.start<number>().map("stage", (item) => {
        if (item === 2) throw new Error("no");
        return item;
      }),
    );

    assertEquals((await pipeline.execute(probe.source)).success, false);
    assertEquals([probe.opened, probe.pulls, probe.closed, probe.cleaned], [1, 3, 1, 1]);
  });

  test(`[L4] streamingToPipeline closes ${kind} once when it is aborted`, async () => {
    const probe = new SourceProbe(kind);
    const controller = new AbortController();
    const pipeline = streamingToPipeline(
      StreamingPipeline.start<number>().map("stage", (item) => {
        if (item === 2) controller.abort(new Error("enough"));
        return Promise.resolve(item);
      }),
    );
    const done = watch(pipeline.execute(probe.source, { signal: controller.signal }));
    await until("the run is over", () => done.state !== "pending");

    assertEquals([done.value?.success, probe.opened, probe.closed], [false, 1, 1]);
  });
}

/** How work of a batch stage in a stream is started, and is ended through its signal. */
const WORKS: Readonly<Record<string, (hold: Hold) => Pipeline<number, unknown, unknown>>> = {
  "a step of add()": (hold) =>
    Pipeline.start<number>()
      .add("stage", createStep<number, unknown>("step", ({ signal }) => hold(signal!))),
  "a function on items": (hold) =>
    toList().map("stage", (_item, _index, { signal }) => hold(signal)),
  "a function on items side by side": (hold) =>
    toList().map("stage", (_item, _index, { signal }) => hold(signal), { parallel: true }),
  "a streaming step": (hold) =>
    toList().add(
      "stage",
      createStreamingStep<number, unknown>("step", async function* ({ signal }) {
        yield await hold(signal);
      }),
    ),
  "a streaming pipeline": (hold) =>
    toList().add("all", createStep<number[], number[]>("all", ({ input }) => input))
      .add(
        "stage",
        streamingStepToStep(
          createStreamingStep<number, unknown>("step", async function* ({ input, signal }) {
            for await (const _ of input) yield await hold(signal);
          }),
        ),
      ),
};

type Hold = (signal: AbortSignal) => Promise<never>;

const toList = () =>
  Pipeline.start<number>()
    .add("list", createStep<number, number[]>("list", ({ input }) => [input, input, input]));

for (const [what, build] of Object.entries(WORKS)) {
  test(`[L4] a break of a stream ends ${what} through its signal, and waits for it`, async () => {
    await new TestClock().use(async (clock) => {
      let running = 0;
      let ended = 0;
      const hold: Hold = (signal) => {
        running++;
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", async () => {
            for (let hops = 0; hops < 20; hops++) await undefined;
            running--;
            ended++;
            reject(signal.reason);
          });
        });
      };
      const probe = new SourceProbe("an async iterable");
      const items = pipelineToStreaming(build(hold)).execute(probe.source);
      const next = watch(items.next());
      await until("the work runs", () => running > 0);
      const begun = running;
      await items.return();

      assertEquals([running, ended, probe.closed, clock.timerCount], [0, begun, 1, 0]);
      await settle();
      assertEquals([next.state, next.value], ["resolved", { done: true, value: undefined }]);
    });
  });

  test(`[L13] an aborted stream ends ${what}, and rejects with the reason`, async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let running = 0;
    const hold: Hold = (signal) => {
      running++;
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          running--;
          reject(signal.reason);
        });
      });
    };
    const done = watch(
      pipelineToStreaming(build(hold)).executeToArray([1, 2], { signal: controller.signal }),
    );
    await until("the work runs", () => running > 0);
    controller.abort(reason);
    await until("the run is over", () => done.state === "rejected");

    assertStrictEquals(done.error, reason);
    assertEquals(running, 0);
  });
}

test("[L5] work that ignores its signal is let go after closeTimeoutMs of the run", async () => {
  await new TestClock().use(async (clock) => {
    let calls = 0;
    const never = createStep<number, number>("never", () => {
      calls++;
      return new Promise(() => {});
    });
    const pipeline = pipelineToStreaming(Pipeline.start<number>().add("stage", never));
    const items = pipeline.execute([1, 2], { closeTimeoutMs: 300 });
    watch(items.next());
    await until("the step runs", () => calls === 1);
    const closed = watch(items.return());
    await clock.advance(299);
    assertEquals(closed.state, "pending");
    await clock.advance(1);

    assertEquals([closed.state, calls, clock.timerCount], ["resolved", 1, 0]);
  });
});

const REASON = new Error("enough");

/** Ways in which a batch pipeline ends before its first stage begins, or in it. */
const ENDINGS: Readonly<Record<string, (source: AsyncIterable<number>) => Promise<unknown>>> = {
  "it has no context": (source) =>
    streamingToPipeline(
      StreamingPipeline.start<number>(() => {
        throw REASON;
      }).map("same", (item) => item),
    ).execute(source),
  "its signal is aborted": (source) =>
    streamingToPipeline(StreamingPipeline.start<number>().map("same", (item) => item))
      .execute(source, { signal: AbortSignal.abort(REASON) }),
  "it is aborted while the source is read": async (source) => {
    const controller = new AbortController();
    const run = streamingToPipeline(
      StreamingPipeline.start<number>().map("same", () => controller.abort(REASON)),
    ).execute(source, { signal: controller.signal });
    return await run;
  },
  "it wants nothing": (source) =>
    streamingToPipeline(StreamingPipeline.start<number>().take("none", 0)).execute(source),
};

for (const [ending, run] of Object.entries(ENDINGS)) {
  test(`[L4] streamingToPipeline lets go of its source where ${ending}`, async () => {
    for (const form of FORMS) {
      const handed = new Handed(form);

      await run(handed.given);
      await settle();

      assertEquals(handed.fault, undefined);
    }
  });
}

test("[L4] a streaming step in a batch pipeline lets go of what it hands over", async () => {
  for (const form of FORMS) {
    const handed = new Handed(form);
    const controller = new AbortController();
    const step = createStreamingStep<number, number>("step", () => handed.given);
    const pipeline = Pipeline.start<number[]>()
      .add("all", streamingStepToStep(step))
      .map("aborts", () => controller.abort(REASON));

    await pipeline.execute([1], { signal: controller.signal });
    await settle();

    assertEquals(handed.fault, undefined);
  }
});
