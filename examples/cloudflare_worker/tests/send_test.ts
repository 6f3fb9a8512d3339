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

Deno.test("send() closes the run when nobody takes the response any more", async () => {
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
