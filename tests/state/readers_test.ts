// Readers of a step's state when the run does not end well, at any moment: each gets the items so
// far, in order, and is then told why; none takes a part for the whole.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settleMicrotasks } from "../../src/testing/turns.ts";
import { collect, failureOf, hops, range } from "./_support.ts";

const tens = StreamingPipeline.start<number>().map("tens", (item) => item * 10)
  .map("slow", async (item) => (await hops(item % 3), item));

const READERS = ["input", "one", "other", "materialized"] as const;
type Reader = (typeof READERS)[number];
const schedules = fc.array(fc.constantFrom<Reader | "all">(...READERS, "all"), { maxLength: 25 });

/** What each reader was given, and how it ended. */
class Log {
  readonly given: Record<string, number[]> = { input: [], one: [], other: [] };
  readonly ends: Record<string, unknown> = {};
}

/** A step that reads by a schedule, then each reader to its end; it throws what the first got. */
function createReadingStep(schedule: readonly (Reader | "all")[], log: Log) {
  return tens.add("step", async function* ({ input, state }) {
    let materialized: Promise<number[]> | undefined;
    const readers: Record<string, AsyncIterator<number>> = {
      input,
      one: state.stream("tens"),
      other: state.stream("tens"),
    };
    const read = async (name: string): Promise<void> => {
      if (name in log.ends) return;
      try {
        if (name === "materialized") {
          await (materialized ??= state.materialize("tens"));
          log.ends[name] = "end";
          return;
        }
        const result = await readers[name]!.next();
        if (result.done) log.ends[name] = "end";
        else log.given[name]!.push(result.value);
      } catch (error) {
        log.ends[name] = error;
      }
    };
    materialized = state.materialize("tens");
    materialized.catch(() => {});
    for (const turn of schedule) {
      if (turn !== "all") await read(turn);
      else await Promise.all(READERS.filter((name) => name !== "materialized").map(read));
    }
    for (const name of READERS) while (!(name in log.ends)) await read(name);
    yield* [];
    for (const end of Object.values(log.ends)) if (end !== "end") throw end;
  });
}

test("[L6] each reader gets all items before a failure, then the failure, whatever their order", async () => {
  const property = fc.asyncProperty(schedules, fc.nat(8), async (schedule, failAfter) => {
    const log = new Log();
    const cause = new Error("broken");
    const probe = new SourceProbe("an async iterable", { failAfter, failure: cause });

    const error = await failureOf(
      createReadingStep(schedule, log).executeToArray(probe.source),
    );

    assert(error instanceof StreamingError && error.cause === cause);
    for (const name of READERS) assertStrictEquals(log.ends[name], error, name);
    const expected = range(failAfter).map((item) => item * 10);
    assertEquals(log.given, { input: expected, one: expected, other: expected });
  });

  await fc.assert(property, { numRuns: 60, seed: 21 });
});

test("[L13] no reader takes what came before an abort for the whole, whenever it comes", async () => {
  const property = fc.asyncProperty(schedules, fc.nat(40), async (schedule, abortAfter) => {
    const log = new Log();
    const reason = new Error("enough");
    const controller = new AbortController();
    const probe = new SourceProbe("an async iterable");
    const rejected = failureOf(
      createReadingStep(schedule, log).executeToArray(probe.source, { signal: controller.signal }),
    );

    await hops(abortAfter);
    controller.abort(reason);

    assertStrictEquals(await rejected, reason);
    await settleMicrotasks();
    for (const end of Object.values(log.ends)) assertStrictEquals(end, reason);
    for (const items of Object.values(log.given)) {
      assertEquals(items, range(items.length).map((item) => item * 10));
    }
    assertEquals(probe.closed, probe.opened);
  });

  await fc.assert(property, { numRuns: 60, seed: 22 });
});

test("[L4] a return at any moment ends the readers and closes the source", async () => {
  const property = fc.asyncProperty(schedules, fc.nat(40), async (schedule, returnAfter) => {
    const log = new Log();
    const probe = new SourceProbe("an async iterable");
    const items = createReadingStep(schedule, log).execute(probe.source);
    const first = items.next();

    await hops(returnAfter);
    await items.return();

    assertEquals([(await first).done, probe.closed], [true, probe.opened]);
    assert(Object.values(log.ends).every((end) => end !== "end"), "a reader saw a clean end");
  });

  await fc.assert(property, { numRuns: 60, seed: 23 });
});

test("[L6] every reader gets a failure of a stage before the step", async () => {
  const seen: unknown[] = [];
  const pipeline = tens.map("fails", (item) => {
    if (item === 20) throw new RangeError("no");
    return item;
  }, { parallel: true }).add("step", async function* ({ input, state }) {
    const [one, other] = [state.stream("fails"), state.stream("fails")];
    for (const items of [one, other, input]) seen.push(await failureOf(collect(items)));
    yield 0;
    throw seen[0];
  });

  const error = await failureOf(pipeline.executeToArray(range(5))) as StreamingError;

  assertEquals([error.key, error.itemIndex], ["fails", 2]);
  assertEquals(seen, [error, error, error]);
});

test("a step that reads everything first works on both sides of web streams", async () => {
  const pipeline = tens.add("step", async function* ({ input, state }) {
    const all = await state.materialize("tens");
    for await (const item of input) yield item / all.length;
  });

  const readable = pipeline.toReadableStream(range(4));
  const piped = new SourceProbe("a ReadableStream", { items: range(4) }).createStream()
    .pipeThrough(pipeline.toTransformStream());

  const expected = [0, 2.5, 5, 7.5];
  assertEquals([await read(readable), await read(piped)], [expected, expected]);
});

/** All chunks of a stream; not every runtime iterates over streams. */
async function read<T>(stream: ReadableStream<T>): Promise<T[]> {
  const reader = stream.getReader();
  const chunks: T[] = [];
  for (let result = await reader.read(); !result.done; result = await reader.read()) {
    chunks.push(result.value);
  }
  return chunks;
}
