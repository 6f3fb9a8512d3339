// Runs that last: many items through a pipeline of each family, and many runs that are given up. The
// live heap is sampled meanwhile: it must not grow. A program of its own, for Deno with
// `--v8-flags=--expose-gc`; `deno task soak` starts it.

import { type CheckpointStore, durable, memoryStore, positioned } from "../../src/durable/mod.ts";
import { FAMILIES, JOBS, type SoakFamily, type SoakJob } from "./families.ts";
import { SOAK_MARK, type SoakPart, type SoakRequest } from "./request.ts";

const SAMPLES = 20;
/** The most characters that a checkpoint may have. */
const MAX_SAVED = 8_192;

const REASON = new Error("enough");

/** Lives longer than all runs, which must leave nothing at it. */
const outliving = new AbortController();

const { gc, console, Deno } = globalThis as unknown as {
  gc(): void;
  console: Console;
  Deno: { args: string[]; memoryUsage(): { heapUsed: number } };
};

async function soakItems({ name, build }: SoakFamily, count: number): Promise<SoakPart> {
  const heapBytes: number[] = [];
  const every = Math.ceil(count / SAMPLES);
  let passed = 0;
  function* source() {
    for (; passed < count; passed++) {
      if (passed % every === 0) heapBytes.push(readHeap());
      yield passed;
    }
  }
  await build().executeReduce(source(), () => 0, 0);
  return { name, count: passed, heapBytes };
}

/** A job that commits each 500 items; what it saves must not grow either. */
async function soakJob({ name, mode, build }: SoakJob, count: number): Promise<SoakPart> {
  const heapBytes: number[] = [];
  const every = Math.ceil(count / SAMPLES);
  function* source() {
    for (let item = 0; item < count; item++) {
      if (item % every === 0) heapBytes.push(readHeap());
      yield item;
    }
  }
  const job = durable(build(), { id: name, mode, store: limit(memoryStore()) });
  const { acked } = await job.run(positioned(source), () => {});
  return { name, count: acked, heapBytes };
}

function limit(store: CheckpointStore): CheckpointStore {
  return {
    acquire: (id) => store.acquire(id),
    release: (id, fence) => store.release(id, fence),
    save(id, saved, fence) {
      if (saved.length > MAX_SAVED) throw new Error(`A checkpoint of ${id} has ${saved.length}`);
      return store.save(id, saved, fence);
    },
  };
}

/** Each run is given up after some items, in one way after the other. */
async function soakAborts(count: number): Promise<SoakPart> {
  const heapBytes: number[] = [];
  const every = Math.ceil(count / SAMPLES);
  const pipelines = FAMILIES.map(({ build }) => build());
  for (let run = 0; run < count; run++) {
    if (run % every === 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      heapBytes.push(readHeap());
    }
    const pipeline = pipelines[run % pipelines.length]!;
    await STOPS[run % STOPS.length]!(pipeline);
  }
  return { name: "runs given up", count, heapBytes };
}

type Stop = (pipeline: ReturnType<SoakFamily["build"]>) => Promise<void>;

const STOPS: readonly Stop[] = [
  async (pipeline) => {
    for await (const _ of pipeline.execute(endless(), { signal: outliving.signal })) break;
  },
  async (pipeline) => {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, outliving.signal]);
    const running = pipeline.executeToArray(silent(), { signal });
    await undefined;
    controller.abort(REASON);
    await running.catch(() => {});
  },
  async (pipeline) => {
    const reader = pipeline.toReadableStream(endless()).getReader();
    await reader.read();
    await reader.cancel(REASON);
  },
  async (pipeline) => {
    await pipeline.executeForEach(endless(), () => {
      throw REASON;
    }).catch(() => {});
  },
  async (pipeline) => {
    await using run = pipeline.run(endless(), { signal: outliving.signal });
    for await (const _ of run) return;
  },
];

async function* endless(): AsyncGenerator<number> {
  for (let number = 0;; number++) yield await Promise.resolve(number);
}

async function* silent(): AsyncGenerator<number> {
  yield 0;
  await new Promise(() => {});
}

function readHeap(): number {
  gc();
  return Deno.memoryUsage().heapUsed;
}

const request: SoakRequest = JSON.parse(Deno.args[0]!);
const parts: SoakPart[] = [];
for (const family of FAMILIES) parts.push(await soakItems(family, request.items / FAMILIES.length));
for (const job of JOBS) parts.push(await soakJob(job, request.items / JOBS.length));
parts.push(await soakAborts(request.aborts));
console.log(SOAK_MARK + JSON.stringify(parts));
