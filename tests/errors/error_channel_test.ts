// The channel of failed items by itself.

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type FailedItem, StreamingError } from "../../mod.ts";
import { ErrorChannel } from "../../src/parts/error_channel.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { settle, watch } from "../../src/testing/turns.ts";

function failed(itemIndex: number): FailedItem {
  const error = new StreamingError("failed", undefined, {
    code: "STEP_ERROR",
    stepName: "stage",
    key: "stage",
    attempts: 1,
    retryable: false,
    phase: "yield",
    traceId: "",
    spanId: "",
  });
  return { item: itemIndex, itemIndex, key: "stage", error };
}

test("a channel that is not read holds as many as its size, then throws and says what to do", () => {
  const channel = new ErrorChannel(2, undefined);

  assertEquals([channel.push(failed(0)), channel.push(failed(1))], [undefined, undefined]);
  const error = assertThrows(() => channel.push(failed(2)), Error, "2 errors are pending");
  assertEquals((error as Error & { code: string }).code, "ERROR_CHANNEL_FULL");
  for (const way of ["run.errors", "errorsTo", "errorBuffer"]) {
    assert((error as Error).message.includes(way));
  }
});

test("a pending read takes the next failure, whose push waits for nothing", async () => {
  const channel = new ErrorChannel(1, undefined);
  const asked = channel.next();

  assertEquals(channel.push(failed(0)), undefined);
  assertEquals((await asked).value?.itemIndex, 0);
});

/** A channel that is read and full, and the push that waits for room. */
async function fill() {
  const channel = new ErrorChannel(1, undefined);
  const first = channel.next();
  channel.push(failed(0));
  await first;
  channel.push(failed(1));
  return { channel, waiting: watch(channel.push(failed(2))!) };
}

test("while it is read, a full channel has its failures wait for room, in order", async () => {
  const { channel, waiting } = await fill();
  await settle();
  assertEquals(waiting.state, "pending");

  assertEquals((await channel.next()).value?.itemIndex, 1);
  await settle();
  assertEquals(waiting.state, "resolved");
  assertEquals((await channel.next()).value?.itemIndex, 2);
});

test("closing resolves a pending push, and leaves what is held to be read", async () => {
  const { channel, waiting } = await fill();
  channel.close(undefined);
  await settle();

  assertEquals(waiting.state, "resolved");
  assertEquals((await channel.next()).value?.itemIndex, 1);
  assertEquals(await channel.next(), { done: true, value: undefined });
});

test("a pending read resolves at the end", async () => {
  const channel = new ErrorChannel(1, undefined);
  const asked = channel.next();
  channel.close(undefined);

  assertEquals(await asked, { done: true, value: undefined });
});

test("a reader that stops releases pending pushes: nobody reads any more", async () => {
  const channel = new ErrorChannel(1, undefined);
  const first = channel.next();
  channel.push(failed(0));
  await first;
  channel.push(failed(1));
  const waiting = watch(channel.push(failed(2))!);
  await channel.return();
  await settle();

  assertEquals((waiting.error as { code: string }).code, "ERROR_CHANNEL_FULL");
});

test("a second reader goes on where the first has stopped", async () => {
  const channel = new ErrorChannel(4, undefined);
  for (let index = 0; index < 3; index++) channel.push(failed(index));
  const read: number[] = [];
  for await (const { itemIndex } of channel) {
    read.push(itemIndex);
    break;
  }
  channel.close(undefined);
  for await (const { itemIndex } of channel) read.push(itemIndex);

  assertEquals(read, [0, 1, 2]);
});

test("a sink gets each failure, and its answer is waited for", async () => {
  const told: FailedItem[] = [];
  let answer: () => void = () => {};
  const channel = new ErrorChannel(1, (one) => {
    told.push(one);
    return new Promise<void>((resolve) => (answer = resolve));
  });
  const one = failed(0);
  const waiting = watch(channel.push(one)!);
  await settle();
  assertEquals(waiting.state, "pending");
  answer();
  await settle();

  assertEquals(waiting.state, "resolved");
  assertStrictEquals(told[0], one);
});

test("[L6] a sink that throws at its first call is called again with the next failure", async () => {
  for (const isLate of [false, true]) {
    const seen: unknown[] = [];
    const channel = new ErrorChannel(1, async ({ itemIndex }: FailedItem) => {
      seen.push(itemIndex);
      if (isLate) await undefined;
      if (itemIndex === 0) throw new Error("not this one");
    });

    const pushes = [0, 1].map((itemIndex) => watch(channel.push(failed(itemIndex))!));
    await settle();

    assertEquals(pushes.map(({ state }) => state), ["rejected", "resolved"]);
    assertEquals(seen, [0, 1]);
  }
  const thrown = new Error("not at all");
  const channel = new ErrorChannel(1, () => {
    throw thrown;
  });
  const pushes = [0, 1].map((itemIndex) => watch(channel.push(failed(itemIndex))!));
  await settle();
  assertEquals(pushes.map(({ error }) => error), [thrown, thrown]);
});

test("a sink that is a stream is locked while a failure is written, and let go with the channel", async () => {
  const written = createDeferred<void>();
  const stream = new WritableStream<FailedItem>({ write: () => written.promise });
  const channel = new ErrorChannel(1, stream);
  assertEquals(stream.locked, false);
  const pushed = channel.push(failed(0))!;
  assertEquals(stream.locked, true);
  assertEquals([channel.close(undefined), stream.locked], [undefined, false]);
  written.resolve();

  await pushed;
});
