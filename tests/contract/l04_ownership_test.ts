// L4: what is handed over is owned. Whatever user code hands over to be read is read to its end or
// closed, once, wherever it was handed over and however the run ends.

import { assertEquals } from "@std/assert";
import { type RunOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { FORMS, Handed } from "../support/handed.ts";
import { settle } from "../support/turns.ts";
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

/** What a run is ended by is not under test here, and neither is what it comes to. */
const pass = (work: Promise<unknown>): Promise<unknown> => work.catch(() => {});

const failing = (pipeline: AnyPipeline) =>
  pipeline.map("fails", () => {
    throw REASON;
  });

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
    name: "fails behind",
    run: ({ pipeline, source }) => pass(failing(pipeline).executeToArray(source)),
  },
  {
    name: "fails behind, in parallel",
    run: ({ pipeline, source }) =>
      pass(
        pipeline.map("fails", () => Promise.reject(REASON), { parallel: true }).executeToArray(
          source,
        ),
      ),
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
