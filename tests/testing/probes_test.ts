// Sources and calls that count what is done to them.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { createCountedController } from "../../src/testing/counted_signal.ts";
import { SinkProbe } from "../../src/testing/sink_probe.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { test } from "../harness.ts";

const pipeline = StreamingPipeline.start<number>().map("same", (n) => n);
const countsOf = ({ opened, pulls, given, closed }: SourceProbe) => [opened, pulls, given, closed];

for (const kind of SOURCE_KINDS) {
  test(`SourceProbe counts what is done to ${kind}`, async () => {
    const ended = new SourceProbe(kind, { items: [1, 2, 3] });
    assertEquals(await pipeline.executeToArray(ended.source), [1, 2, 3]);
    assertEquals([...countsOf(ended), ended.isOver], [1, 4, 3, 0, true]);

    const left = new SourceProbe(kind, { items: [1, 2, 3] });
    for await (const _ of pipeline.execute(left.source)) break;
    assertEquals([...countsOf(left), left.cleaned, left.wasOverAtClose], [1, 1, 1, 1, 1, false]);

    const failure = new RangeError("no");
    const failing = new SourceProbe(kind, { failAfter: 2, failure });
    const error = await assertRejects(() => pipeline.executeToArray(failing.source), Error);
    assertEquals([error.cause, ...countsOf(failing)], [failure, 1, 3, 2, 0]);
  });
}

test("SourceProbe is silent where it is told to be, and owes an answer then", async () => {
  const source = new SourceProbe("an async iterable", { silentAfter: 1 });
  const items = pipeline.execute(source.source);
  await items.next();
  const pull = watch(items.next());
  await settle();
  assertEquals(pull.state, "pending");
  await items.return();

  assertEquals([...countsOf(source), source.owedAtClose], [1, 2, 1, 1, true]);
});

test("SourceProbe holds an answer back until its gate opens", async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => open = resolve);
  const source = new SourceProbe("an async iterable", {
    items: [1, 2],
    gate: (index) => index === 1 ? gate : undefined,
  });
  const reading = watch(pipeline.executeToArray(source.source));
  await settle();
  assertEquals([reading.state, source.given], ["pending", 1]);
  open();
  await settle();

  assertEquals(reading.value, [1, 2]);
});

test("CallProbe counts running calls, the most of them, aborted and late ones", async () => {
  const calls = new CallProbe({ hold: true });
  const items = StreamingPipeline.start<number>()
    .map("work", calls.wrap((n) => n, true), { concurrencyLimit: 2 }).execute([1, 2, 3]);
  const pull = watch(items.next());
  await until("two calls run", () => calls.running === 2);
  await items.return();
  calls.finish();
  calls.wrap((n) => n, false)(4, 2, { signal: new AbortController().signal });

  assertEquals([calls.peak, calls.aborted, calls.running, calls.late], [2, 2, 0, 1]);
  assertEquals([calls.items, calls.held, pull.state], [[1, 2, 4], [], "resolved"]);
});

test("createCountedController() counts the listeners that are left", () => {
  const { controller, signal, count } = createCountedController();
  const listener = () => {};
  signal.addEventListener("abort", listener);
  signal.addEventListener("abort", () => {}, { once: true });
  assertEquals(count(), 2);
  signal.removeEventListener("abort", listener);
  assertEquals(count(), 1);
  controller.abort();

  assertEquals(count(), 0);
});

test("expectBalance() says which figure is wrong", async () => {
  const run = pipeline.run([1, 2]);
  for await (const _ of run) for (const stage of run.metadata().steps) expectBalance(stage);
  const [stage] = run.metadata().steps;

  assertThrows(() => expectBalance({ ...stage!, passedCount: 1 }), Error, "same: 1 of 2 are");
  assertThrows(
    () => expectBalance({ ...stage!, droppedCount: -1 }, "mine"),
    Error,
    "mine: droppedCount must be a count, and is -1",
  );
});

test("[L9] until() refuses what is no function", async () => {
  await assertRejects(
    () => until("a call runs", true as never),
    TypeError,
    "Cannot call until: condition must be a function, got true",
  );
});

test("until() says what it has waited for in vain", async () => {
  await assertRejects(
    () => until("a call runs", () => false),
    Error,
    "It did not happen: a call runs",
  );
});

test("[L9] the probes refuse options that are not valid", () => {
  const kind = "an async iterable";
  const rows: [() => unknown, string][] = [
    [() => new SourceProbe([1] as never), "Cannot make a SourceProbe: kind must be one of a sync"],
    [() => new SourceProbe(kind, { failAfter: -1 }), "failAfter must be a non-negative integer"],
    [
      () => new SourceProbe(kind, { silentAfter: 0.5 }),
      "silentAfter must be a non-negative integer",
    ],
    [() => new SourceProbe(kind, { fail: 1 } as never), 'unknown option "fail"'],
    [() => new SinkProbe({ failAfter: "1" as never }), "failAfter must be a positive integer"],
    [() => new SinkProbe({ gate: 1 as never }), "gate must be a function"],
    [() => new SinkProbe({ size: 1 } as never), 'unknown option "size"'],
    [() => new CallProbe({ held: true } as never), 'unknown option "held"'],
    [() => new CallProbe().wrap(1 as never, true), "its function must be a function"],
  ];
  for (const [make, message] of rows) assertThrows(make, Error, message);
});
