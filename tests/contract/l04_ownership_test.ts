// L4: what is handed over is owned. Whatever user code hands over to be read is read to its end or
// closed, once, wherever it was handed over and however the run ends.

import { assertEquals, assertRejects } from "@std/assert";
import { type RunOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { FORMS, Handed } from "../support/handed.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import type { AnySource } from "./_ends.ts";
import { type Built, OWNERS } from "./_owners.ts";
import type { AnyPipeline } from "./_rows.ts";

const REASON = new Error("the test has seen enough");

/** One way in which a run can end. */
interface Ending {
  readonly name: string;
  readonly run: (built: Built) => Promise<unknown>;
  /** Begins the pipeline. */
  readonly start?: () => StreamingPipeline<number, number>;
}

const start = () => StreamingPipeline.start<number>();

/** Begins a pipeline whose runs cannot begin. */
const startWithoutContext = () =>
  StreamingPipeline.start<number>(() => {
    throw REASON;
  });

/** What ends a run is not under test here, and neither is its outcome. */
const pass = (work: Promise<unknown>): Promise<unknown> => work.catch(() => {});

const failing = (pipeline: AnyPipeline) =>
  pipeline.map("fails", () => {
    throw REASON;
  });

async function* failAfter(source: AnySource): AsyncGenerator<number> {
  for await (const item of source) yield item;
  throw REASON;
}

async function breakAfter(count: number, items: AsyncIterable<unknown>): Promise<void> {
  let seen = 0;
  for await (const _ of items) if (++seen === count) break;
}

/** A run, and what aborts it. */
function createAbortable({ pipeline, source }: Built) {
  const controller = new AbortController();
  const options: RunOptions = { signal: controller.signal };
  return { items: pipeline.execute(source, options), abort: () => controller.abort(REASON) };
}

/** Before the first pull. */
const UNREAD: readonly Ending[] = [
  { name: "returns", run: ({ pipeline, source }) => pipeline.execute(source).return() },
  {
    name: "throws",
    run: ({ pipeline, source }) => pass(pipeline.execute(source).throw(REASON)),
  },
  {
    name: "returns, with metadata",
    run: ({ pipeline, source }) => pipeline.executeWithMetadata(source).return(),
  },
  { name: "is aborted", run: ({ pipeline, source }) => pipeline.run(source).abort(REASON) },
  {
    name: "leaves its block",
    async run({ pipeline, source }) {
      await using _run = pipeline.run(source);
    },
  },
  {
    name: "is aborted by its signal",
    async run(built) {
      const { abort } = createAbortable(built);
      abort();
      await settle();
    },
  },
  {
    name: "is aborted by its signal, then pulled",
    async run(built) {
      const { items, abort } = createAbortable(built);
      abort();
      await pass(items.next());
    },
  },
  {
    name: "begins with an aborted signal",
    run: ({ pipeline, source }) =>
      pass(pipeline.executeToArray(source, { signal: AbortSignal.abort(REASON) })),
  },
  {
    name: "is pulled with an aborted signal",
    run: ({ pipeline, source }) =>
      pass(pipeline.execute(source, { signal: AbortSignal.abort(REASON) }).next()),
  },
  {
    name: "is a stream that is cancelled",
    run: ({ pipeline, source }) => pipeline.toReadableStream(source).cancel(REASON),
  },
  {
    name: "is a stream that is piped to a closed one",
    async run({ pipeline, source }) {
      const closed = new WritableStream();
      await closed.close();
      await pass(pipeline.toReadableStream(source).pipeTo(closed));
    },
  },
  {
    name: "has a readable that is cancelled",
    run: ({ pipeline, source }) => pipeline.run(source).readable.cancel(REASON),
  },
  {
    name: "has no context",
    start: startWithoutContext,
    run: ({ pipeline, source }) => pass(pipeline.executeToArray(source)),
  },
  {
    name: "is pulled and has no context",
    start: startWithoutContext,
    run: ({ pipeline, source }) => pass(pipeline.execute(source).next()),
  },
  {
    name: "wants nothing",
    run: ({ pipeline, source }) => pipeline.take("none", 0).executeToArray(source),
  },
];

const READ: readonly Ending[] = [
  { name: "ends", run: ({ pipeline, source }) => pipeline.executeToArray(source) },
  ...[1, 2].map((count): Ending => ({
    name: `is left after item ${count}`,
    run: ({ pipeline, source }) => breakAfter(count, pipeline.execute(source)),
  })),
  {
    name: "has a take that is full",
    run: ({ pipeline, source }) => pipeline.take("one", 1).executeToArray(source),
  },
  {
    name: "fails downstream",
    run: ({ pipeline, source }) => pass(failing(pipeline).executeToArray(source)),
  },
  {
    name: "fails downstream, in parallel",
    run: ({ pipeline, source }) =>
      pass(
        pipeline.map("fails", () => Promise.reject(REASON), { parallel: true }).executeToArray(
          source,
        ),
      ),
  },
  {
    name: "has a source that fails",
    run: ({ pipeline, source }) => pass(pipeline.executeToArray(failAfter(source))),
  },
  {
    name: "is aborted while it waits for its first item",
    async run(built) {
      const { items, abort } = createAbortable(built);
      const first = pass(items.next());
      abort();
      await first;
    },
  },
  {
    name: "is aborted after its first item",
    async run(built) {
      const { items, abort } = createAbortable(built);
      await pass(items.next());
      abort();
      await pass(items.next());
    },
  },
  {
    name: "is left while it waits for its second item",
    async run({ pipeline, source }) {
      const items = pipeline.execute(source);
      await pass(items.next());
      const second = pass(items.next());
      await items.return();
      await second;
    },
  },
];

for (const owner of OWNERS) {
  for (const ending of [...UNREAD, ...READ]) {
    test(`[L4] ${owner.name} lets go of what it is handed when the run ${ending.name}`, async () => {
      const all: Handed[] = [];
      for (const form of FORMS) {
        const hand = () => {
          const handed = new Handed(form);
          all.push(handed);
          return handed.given;
        };
        await ending.run(owner.build(hand, ending.start ?? start));
      }
      await settle();
      await settle();

      assertEquals(all.map(({ fault }) => fault).filter((fault) => fault !== undefined), []);
    });
  }
}

for (const ending of UNREAD) {
  // Nothing waits for the one, and what a pipe waits for is the runtime's own affair.
  if (/aborted by its signal$|piped/.test(ending.name)) continue;

  test(`[L4] a source is closed before what ends the run is over where it ${ending.name}`, async () => {
    const probe = new SourceProbe("a ReadableStream");

    await ending.run({ pipeline: (ending.start ?? start)(), source: probe.source });

    assertEquals([probe.pulls, probe.closed, probe.cleaned], [0, 1, 1]);
  });
}

const STREAMS = FORMS.filter(({ name }) => name.includes("web stream"));

for (const owner of OWNERS) {
  test(`[L15] ${owner.name} cancels the streams that it is handed with the reason`, async () => {
    const all: Handed[] = [];
    for (const form of STREAMS) {
      for (const pulls of [0, 1, 2]) {
        const hand = () => {
          const handed = new Handed(form);
          all.push(handed);
          return handed.given;
        };
        const { pipeline, source } = owner.build(hand, start);
        const run = pipeline.run(source);
        for (let pulled = 0; pulled < pulls; pulled++) await run[Symbol.asyncIterator]().next();
        await run.abort(REASON);
      }
    }
    await settle();

    const others = all.flatMap(({ reasons }) => reasons).filter((reason) => reason !== REASON);
    // Those that were no longer wanted before.
    assertEquals(others.filter((reason) => !/No more items are wanted/.test(`${reason}`)), []);
  });
}

/** Calls that are refused for what else they are given. */
const REFUSED: Readonly<
  Record<string, (source: AsyncIterable<number>, signal: AbortSignal) => unknown>
> = {
  "execute()": (source) => start().execute(source, { closeTimeoutMs: -1 }),
  "executeToArray()": (source) => start().executeToArray(source, { closeTimeoutMs: -1 }),
  "executeWithMetadata()": (source) => start().executeWithMetadata(source, { closeTimeoutMs: -1 }),
  "run()": (source) => start().run(source, { closeTimeoutMs: -1 }),
  "toReadableStream()": (source) => start().toReadableStream(source, undefined, { errorBuffer: 0 }),
  "the strategy of toReadableStream()": (source, signal) =>
    start().toReadableStream(source, { highWaterMark: NaN }, { signal }),
};

for (const [name, call] of Object.entries(REFUSED)) {
  test(`[L9] ${name} that is refused takes nothing`, async () => {
    for (const form of FORMS) {
      const handed = new Handed(form);
      const controller = new AbortController();

      await assertRejects(async () => await call(handed.given, controller.signal));
      controller.abort(REASON);
      await settle();

      assertEquals([handed.closed, handed.pulls], [0, 0]);
    }
  });
}
