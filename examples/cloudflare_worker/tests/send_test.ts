import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { StreamingError, StreamingPipeline } from "@headrace/pipeline";
import { send } from "../send.ts";

const NO_BEAT = { bytes: new Uint8Array(0), afterMs: 60_000 };

Deno.test("send() breaks the response of a run that fails, after what came before", async () => {
  const run = StreamingPipeline.start<number>()
    .map("bytes", (byte) => {
      if (byte === 2) throw new RangeError("two");
      return Uint8Array.of(byte);
    })
    .run([1, 2, 3]);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const sending = rejects(
    send(run, writable, new AbortController().signal, NO_BEAT),
    StreamingError,
  );

  const reader = readable.getReader();
  deepEqual((await reader.read()).value, Uint8Array.of(1));
  await rejects(reader.read(), StreamingError);
  await sending;
});

Deno.test("send() closes the run when the response is cancelled", async () => {
  let closed = 0;
  const run = StreamingPipeline.start<number>()
    .add("bytes", async function* ({ input }) {
      try {
        for await (const byte of input) yield Uint8Array.of(byte);
      } finally {
        closed++;
      }
    })
    .run([1, 2, 3]);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const sending = rejects(send(run, writable, new AbortController().signal, NO_BEAT), /gone/);

  const reader = readable.getReader();
  ok(!(await reader.read()).done);
  await reader.cancel(new Error("gone"));
  await sending;
  equal(closed, 1);
});

Deno.test("send() has one timer, also where an item comes while a heartbeat is written", async () => {
  const { setTimeout, clearTimeout } = globalThis;
  const timers: (() => void)[] = [];
  Object.assign(globalThis, {
    setTimeout: (fire: () => void) => timers.push(fire) && fire,
    clearTimeout: (fire: () => void) =>
      timers.splice(0, Infinity, ...timers.filter((each) => each !== fire)),
  });
  const [item, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
    await item.promise;
    yield Uint8Array.of(1);
    await end.promise;
  }
  try {
    const run = StreamingPipeline.start<Uint8Array>().run(source());
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const heartbeat = { bytes: Uint8Array.of(0), afterMs: 15_000 };
    const sending = send(run, writable, new AbortController().signal, heartbeat);
    timers.pop()!();
    item.resolve();

    const reader = readable.getReader();
    for (const byte of [0, 1]) deepEqual((await reader.read()).value, Uint8Array.of(byte));
    await new Promise((resolve) => setTimeout(resolve));
    equal(timers.length, 1);
    end.resolve();
    ok((await reader.read()).done);
    await sending;
    equal(timers.length, 0);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
});
