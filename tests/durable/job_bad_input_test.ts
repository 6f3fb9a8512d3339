import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { durable, memoryStore, positioned, transactional } from "../../src/durable/mod.ts";
import { test } from "../harness.ts";
import { ID, NUMBERS, onClock, options, totals } from "./_jobs.ts";

test("[L9] a job that is running cannot be run", async () => {
  await onClock(async () => {
    const job = durable(totals, options(memoryStore()));
    const running = job.run(positioned(NUMBERS), () => {});

    await assertRejects(
      () => job.run(positioned(NUMBERS), () => {}),
      TypeError,
      `"${ID}" is running, and one run at a time may`,
    );
    assertEquals((await running).acked, 5);
    assertEquals((await job.run(positioned(NUMBERS), () => {})).acked, 0);
  });
});

test("[L9] durable() refuses options that are not valid", () => {
  const store = memoryStore();
  const refuse = (given: unknown) =>
    assertThrows(() => durable(totals, given as never), Error).message;

  assertThrows(() => durable({} as never, options(store)), TypeError, "a StreamingPipeline");
  assertEquals(refuse(undefined), "Cannot call durable: options must be an object, got undefined");
  const rows: [Record<string, unknown>, string][] = [
    [{ id: "" }, 'id must be a non-empty string, got ""'],
    [{ mode: "snapshot" }, "mode must be"],
    [{ store: {} }, "store must be a store of checkpoints, such as fileStore(), got an object"],
    [{ store: undefined }, "store must be a store of checkpoints"],
    [{ version: 0 }, "version must be a positive integer, got 0"],
    [{ commit: { items: 0 } }, "commit.items must be a positive integer, got 0"],
    [{ commit: { ms: 0 } }, "commit.ms must be"],
    [{ commit: { size: 2 } }, 'unknown option "size"'],
    [{ migrate: 3 }, "migrate must be a function, got 3"],
    [{ poisen: {} }, 'unknown option "poisen"'],
  ];
  for (const [wrong, message] of rows) {
    const found = refuse({ ...options(store), ...wrong });
    assert(found.includes(message), found);
  }
});

test("[L9] a run refuses what is no source, sink or option, and acquires nothing", async () => {
  const inner = memoryStore();
  let acquired = 0;
  const store = { ...inner, acquire: (id: string) => (acquired++, inner.acquire(id)) };
  const job = durable(totals, options(store));
  const sink = () => {};
  const source = positioned(NUMBERS);
  const other = { ...memoryStore(), commit: () => Promise.resolve() };
  const rows: [() => Promise<unknown>, string][] = [
    [() => job.run(NUMBERS as never, sink), "its source must be a source with positions"],
    [() => job.run(source, undefined as never), "its sink must be a function, a WritableStream"],
    [() => job.run(source, {} as never), "its sink must be a function, a WritableStream"],
    [() => job.run(source, transactional(other, () => {})), "must be that of the job"],
    [() => job.run(source, sink, { stop: 1 } as never), 'unknown option "stop"'],
    [() => job.run(source, sink, { signal: 1 as never }), "signal must be an AbortSignal"],
    [() => job.stop({ deadlineMs: -1 }), "deadlineMs must be"],
  ];
  for (const [work, message] of rows) await assertRejects(work, Error, message);
  assertEquals(acquired, 0);
  assertThrows(() => transactional(inner as never, () => {}), TypeError, "with transactions");
  assertThrows(() => transactional(other, 3 as never), TypeError, "write must be a function");
});

test("[L9] a run refuses what a source gives without a position", async () => {
  const source = {
    async *open() {
      yield 3;
    },
  };
  const job = durable(totals, options(memoryStore()));

  const error = await assertRejects(() => onClock(() => job.run(source as never, () => {})), Error);

  assert(String(error.cause).includes("an object with item and position"), String(error.cause));
});
