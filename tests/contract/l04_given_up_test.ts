// L4: what is being read is closed at once when the attempt, or the run, is given up.

import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  createStreamingStep,
  type StageOptions,
  StreamingError,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { LIMIT_MS, LIMITS, RETRY, SOME_MODES } from "./_guards.ts";
import type { AnyPipeline } from "./_rows.ts";

const CLOSE_TIMEOUT_MS = 5_000;
const REASON = new Error("aborted by the test");

const start = () => StreamingPipeline.start<number>();

type Items = AsyncIterable<number>;

/** Pipelines of a stage that reads what `give` returns for its item. */
const STAGES: Readonly<
  Record<string, (give: () => Items, options: StageOptions) => AnyPipeline>
> = {
  "flatMap()": (give, options) => start().flatMap("stage", give, options),
  "branch()": (give, options) => {
    const step = createStreamingStep("step", give);
    return start().branch("stage", () => true, step, step, options);
  },
  "a step per item": (give, options) =>
    start().map("stage", createStreamingStep("step", give), {
      ...options,
      parallel: true,
    }),
};

/** Never answers, but for what its `return` does: ends its pending `next()`, or does not. */
function createSilent(endsWhenClosed: boolean) {
  const log = { pulls: 0, closed: 0 };
  let end: () => void = () => {};
  const items = {
    [Symbol.asyncIterator]: () => ({
      next() {
        log.pulls++;
        return new Promise<IteratorResult<number>>((resolve) => {
          end = () => resolve({ done: true, value: undefined });
        });
      },
      return() {
        log.closed++;
        if (endsWhenClosed) end();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  } as Items;
  return { log, items };
}

const causeOf = (error: unknown) => error instanceof StreamingError ? error.cause : error;

/** Runs `read` over what was made, and says what it came to. */
async function giveUp(
  build: (give: () => Items, options: StageOptions) => AnyPipeline,
  options: StageOptions,
  end: (items: AsyncGenerator<unknown>, clock: TestClock) => Promise<unknown>,
) {
  return await new TestClock().use(async (clock) => {
    const silent = [true, false].map(createSilent);
    const stream = { pulls: 0, closed: 0 };
    const sources = [
      ...silent.map(({ items }) => items),
      new ReadableStream<number>({
        pull: () => void stream.pulls++,
        cancel: () => void stream.closed++,
      }, { highWaterMark: 0 }),
    ];
    for (const source of sources) {
      let given = 0;
      // What is tried again gets something that ends.
      const give = () => given++ === 0 ? source as Items : [] as unknown as Items;
      const items = build(give, options).execute([1], { closeTimeoutMs: CLOSE_TIMEOUT_MS });
      await end(items, clock);
    }
    return [...silent.map(({ log }) => log), stream];
  });
}

const CLOSED = [{ pulls: 1, closed: 1 }, { pulls: 1, closed: 1 }, { pulls: 1, closed: 1 }];

for (const [stage, build] of Object.entries(STAGES)) {
  for (const [mode, options] of Object.entries(SOME_MODES)) {
    if (stage === "a step per item" && mode === "") continue;

    for (const [limit, more] of Object.entries(LIMITS)) {
      test(`[L4] ${stage}${mode} with ${limit} closes what is silent when its time is over`, async () => {
        const logs = await giveUp(build, { ...options, ...more }, async (items, clock) => {
          watch(items.next());
          await clock.advance(LIMIT_MS);
        });

        assertEquals(logs, CLOSED);
      });
    }

    for (const [guard, more] of Object.entries({ "": {}, " with retry": RETRY, ...LIMITS })) {
      test(`[L4] ${stage}${mode} ${guard} closes what is silent as soon as the run is closed`, async () => {
        const logs = await giveUp(build, { ...options, ...more }, async (items) => {
          watch(items.next());
          await settle();
          watch(items.return(undefined));
          // No time passes.
          await settle();
        });

        assertEquals(logs, CLOSED);
      });
    }
  }
}

for (const options of [{}, RETRY, { errorStrategy: "SKIP_FAILED" as const }]) {
  const how = Object.keys(options).map((option) => ` with ${option}`).join("");

  test(`[L4] a step${how} is closed as soon as the run is aborted`, async () => {
    const build = (give: () => Items) => start().add("stage", give, options);
    const logs = await giveUp(build, {}, async (items) => {
      watch(items.next());
      await settle();
      watch(items.return(undefined));
      await settle();
    });

    assertEquals(logs, CLOSED);
  });
}

test("[L4] a generator under timeoutMs is not pulled again, and cleans up, once", async () => {
  await new TestClock().use(async (clock) => {
    const log: string[] = [];
    const wait = (ms: number) => new Promise<void>((done) => void clock.schedule(done, ms));
    const running = watch(
      start().flatMap("stage", async function* () {
        try {
          for (let item = 0;; item++) {
            log.push(`item ${item}`);
            await wait(20);
            yield item;
          }
        } finally {
          log.push("closed");
        }
      }, { timeoutMs: LIMIT_MS }).executeToArray([1]),
    );
    await clock.advance(1_000);

    assertEquals(log, ["item 0", "item 1", "closed"]);
    const error = causeOf(running.error);
    assertInstanceOf(error, DOMException);
    assertEquals(error.name, "TimeoutError");
  });
});

for (const [guard, options] of Object.entries({ "": {}, " with retry": RETRY })) {
  test(`[L4] closing a run waits for the clean-up of a generator${guard} that hears of it`, async () => {
    let cleaned = 0;
    const items = start().flatMap("stage", async function* (_item, _index, { signal }) {
      try {
        yield 1;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield 2;
      } finally {
        for (let hops = 0; hops < 20; hops++) await undefined;
        cleaned++;
      }
    }, { ...options, parallel: true }).execute([1]);
    const first = watch(items.next());
    await settle();

    await items.return();
    await settle();

    assertEquals([cleaned, first.state], [1, "resolved"]);
  });
}

/** More than comes in the time that is given, and an end where nothing else makes one. */
const FAR_TOO_MANY = 3_000_000;

const ENDLESS: Readonly<Record<string, () => Iterable<number> | AsyncIterable<number>>> = {
  *"a generator"() {
    for (let item = 0; item < FAR_TOO_MANY; item++) yield item;
  },
  async *"an async generator"() {
    for (let item = 0; item < FAR_TOO_MANY; item++) yield item;
  },
};

for (const [form, give] of Object.entries(ENDLESS)) {
  test(`timeoutMs ends ${form} that never waits for anything`, async () => {
    const run = start().flatMap("stage", give, { timeoutMs: 1 }).executeToArray([1]);

    const error = causeOf(await run.then(() => "it has ended", (error) => error));

    assertInstanceOf(error, DOMException);
    assertEquals(error.name, "TimeoutError");
  });

  test(`[L13] an abort ends ${form} that is tried again and never waits for anything`, async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const run = start().flatMap("stage", give, RETRY).executeToArray([1], { signal });
    setTimeout(() => controller.abort(REASON), 0);

    assertEquals(await run.then(() => "it has ended", (error) => error), REASON);
  });
}
