import { stopOn } from "@headrace/http/node";
import { StreamingPipeline } from "@headrace/pipeline";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import process from "node:process";
import { test } from "../../../tests/harness.ts";

/** Listeners are called as they are for a signal that comes; a real one is sent by the integration tests. */
const send = (name: string) => process.emit(name as "SIGTERM", name as "SIGTERM");
const listeners = (name: string) => process.listenerCount(name);

test("the first signal drains a run, and the second aborts it", async () => {
  const stopping = stopOn(["SIGTERM", "SIGINT"]);
  const { stop, signal } = stopping;
  assertEquals([stop.aborted, signal.aborted], [false, false]);
  const stored: number[][] = [];
  const endless = (function* () {
    for (let id = 0;; id++) yield id;
  })();
  const run = StreamingPipeline.start<number>().batch("rows", 3).run(endless, { stop, signal });
  for await (const rows of run) {
    stored.push(rows);
    if (stored.length === 2) send("SIGTERM");
  }
  assertEquals(run.metadata().status, "stopped");
  assertEquals(stored.slice(0, 2), [[0, 1, 2], [3, 4, 5]]);

  const hanging = StreamingPipeline.start<number>().map(
    "hang",
    () => new Promise<number>(() => {}),
  );
  const stuck = hanging.executeToArray([1], { signal, closeTimeoutMs: 0 });
  send("SIGINT");
  await assertRejects(() => stuck, DOMException, "The process has got SIGINT");
  // From here on signals end the process as they do by themselves.
  assertEquals([listeners("SIGTERM"), listeners("SIGINT")], [0, 0]);
});

test("stopOn() takes its listeners away when it is closed", () => {
  const before = listeners("SIGTERM");
  const stopping = stopOn("SIGTERM");
  assertEquals(listeners("SIGTERM"), before + 1);
  stopping.close();
  stopping.close();
  assertEquals(listeners("SIGTERM"), before);
});

test("stopOn() refuses what is no signal that can be heard", () => {
  for (const wrong of ["SIGKILL", [], ["SIGTERM", "SIGSTOP"], 15]) {
    assertThrows(
      () => stopOn(wrong as never),
      TypeError,
      "Cannot call stopOn(): signals must be some of SIGTERM, SIGINT",
    );
  }
});
