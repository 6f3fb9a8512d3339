// [L4] [L6] Sources that break the protocol of iteration, or keep it in unusual ways, are read as
// the language reads them: what comes out, what fails, and what was asked of the iterator are what
// `for of` and `for await` make of it.

import { assert, assertEquals } from "@std/assert";
import * as headrace from "../../mod.ts";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { listIterables, type Log, type MakeIterable } from "../support/hostile_iterables.ts";
import { settled, testAll } from "./_hostile.ts";

type Items = AsyncIterable<unknown>;

const start = () => StreamingPipeline.start<unknown>();
const many = (source: unknown) => source as Iterable<unknown>;

/** Ways to read a source, one item at a time. */
const READERS: Readonly<Record<string, (source: unknown) => Items>> = {
  "a run": (source) => start().execute(many(source)),
  "a run of a stage": (source) => start().map("m", (item) => item).execute(many(source)),
  "flatMap()": (source) => start().flatMap("m", () => many(source)).execute([1]),
  "flatMap() parallel": (source) =>
    start().flatMap("m", () => many(source), { parallel: true, highWaterMark: 1 }).execute([1]),
  "flatMap() unordered": (source) =>
    start().flatMap("m", () => many(source), { parallel: true, ordered: false }).execute([1]),
  "concatWith()": (source) => start().concatWith("m", () => many(source)).execute([]),
  "concat()": (source) => headrace.concat(source),
  "merge()": (source) => headrace.merge(source),
  "interleave()": (source) => headrace.interleave(source),
  "retrySource()": (source) =>
    headrace.retrySource(() => many(source), { maxAttempts: 1, backoffMs: 0 }),
  "share()": (source) => headrace.share(source, { bufferSize: 1 }),
};

interface Reading {
  readonly items: readonly unknown[];
  /** What was thrown: by name, for the words are the engine's or ours. */
  readonly error: string | undefined;
  readonly log: Log;
}

for (const isAsync of [false, true]) {
  for (const [name, read] of Object.entries(READERS)) {
    for (const count of [Infinity, 2]) {
      // They compute one item ahead.
      if (isAsync && count === 2 && /parallel|unordered/.test(name)) continue;
      const kind = `${isAsync ? "an async" : "a sync"} iterable`;
      const stops = count === Infinity ? "to its end" : "and stops";
      const title = `[L6] ${name} reads ${kind} ${stops} as the language does`;
      const values = Object.fromEntries(
        Object.entries(listIterables(isAsync)).map(([name, make]) => [name, () => make]),
      );
      testAll(title, values, async (make, what, clock) => {
        const native = await readNatively(make as MakeIterable, isAsync, count);
        const log: Log = [];
        const reading = readOurs(read((make as MakeIterable)(log)), count, log);
        const outcome = await settled(reading, what, clock);

        assert(outcome.state === "resolved", what);
        assertEquals(outcome.value, native, what);
      });
    }
  }
}

async function readNatively(
  make: MakeIterable,
  isAsync: boolean,
  count: number,
): Promise<Reading> {
  const log: Log = [];
  const items: unknown[] = [];
  const source = make(log);
  try {
    if (isAsync) {
      for await (const item of source as AsyncIterable<unknown>) {
        items.push(item);
        if (items.length === count) break;
      }
    } else {
      for (const item of source as Iterable<unknown>) {
        items.push(item);
        if (items.length === count) break;
      }
    }
  } catch (error) {
    return { items, error: nameOf(error), log };
  }
  return { items, error: undefined, log };
}

async function readOurs(source: Items, count: number, log: Log): Promise<Reading> {
  const items: unknown[] = [];
  try {
    for await (const item of source) {
      items.push(item);
      if (items.length === count) break;
    }
  } catch (error) {
    return { items, error: nameOf(error instanceof StreamingError ? error.cause : error), log };
  }
  return { items, error: undefined, log };
}

function nameOf(error: unknown): string {
  return error instanceof TypeError ? "TypeError" : String(error);
}
