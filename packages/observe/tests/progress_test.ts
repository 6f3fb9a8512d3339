// What progress says, and when.

import {
  log,
  type LogRecord,
  observers,
  progress,
  type ProgressOptions,
  summarize,
  type SummaryOptions,
  type TextOutput,
} from "@headrace/observe";
import { type ObservedRun, Pipeline, StreamingError, StreamingPipeline } from "@headrace/pipeline";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";
import { settle } from "@headrace/pipeline/testing";
import { withFakeTime } from "./support/fake_time.ts";
import { lines, progressOf, range, twelve } from "./support/runs.ts";
import { Terminal } from "./support/terminal.ts";

test("progress() writes plain lines where there is no terminal, and a summary", async () => {
  await withFakeTime(async (clock) => {
    const output = lines();
    const { pipeline, next } = twelve();
    const run = pipeline.run(range(3));
    progress(run, { to: output });
    await clock.advance(10_000);
    // Nothing was asked for yet.
    assertEquals(output.text, "");

    const reading = collect(run);
    await clock.advance(5_000);
    await next();
    await clock.advance(10_000);
    assertEquals(output.text.split("\n"), [
      "run · 0 % · 0 of 3 · 0/s · 0:05 · ETA unknown",
      "run · 33 % · 1 of 3 · 0.10/s · 0:10 · ETA unknown",
      "run · 33 % · 1 of 3 · 0.07/s · 0:15 · ETA unknown",
      "",
    ]);
    await next();
    await next();
    await reading;
    await settle();
    assertMatch(output.text, /run completed in 0:15, 3 items, 0\.20\/s\nstage +in +out /);
    assert(!output.text.includes("\x1b"));
  });
});

test("progress() says that it does not know where the total is not known", async () => {
  await withFakeTime(async (clock) => {
    const output = lines();
    const { pipeline, next } = twelve();
    const run = pipeline.run(range(30).values());
    const { line } = progressOf(run, { to: output, summary: false });
    const reading = collect(run);
    for (let item = 0; item < 10; item++) {
      await clock.advance(1_000);
      await next();
    }
    assertMatch(line(), /^run · 10 done · [\d.]+\/s · 0:10 · ETA unknown$/);
    run.abort("enough").catch(() => {});
    // What is in progress does not heed its signal.
    await Promise.all([assertRejects(() => reading), clock.advance(10_000)]);
    await settle();
    assertEquals([clock.timerCount, output.text.includes("completed")], [0, false]);
  });
});

test("progress() counts at the stage that it is given, with the total that it is given", async () => {
  const letters = StreamingPipeline.start<string>()
    .flatMap("letter", (word) => [...word])
    .map("upper", (letter) => letter.toUpperCase());
  const run = letters.run(["ab", "cd"]);
  const shown = progress(run, { to: lines(), stage: "upper", total: 8 });
  await collect(run);
  assertMatch(shown.line(), /^run · 50 % · 4 of 8 · /);

  const other = letters.run(["ab", "cd"]);
  const lost = progress(other, { to: lines(), stage: "uper\x9b2J" });
  await collect(other);
  assertMatch(lost.line(), /^run · no stage "uper\?2J" · 0 done · /);
});

test("progress() counts an item of the source when it is through all stages", async () => {
  const shown: string[] = [];
  const run = StreamingPipeline.start<number>()
    .map("step", (item) => item)
    .batch("four", 4)
    .map("last", (items) => items)
    .run(range(10));
  const { line } = progressOf(run, { to: lines() });
  for await (const _items of run) shown.push(line().split(" · ")[2]!);

  assertEquals(shown, ["4 of 10", "8 of 10", "10 of 10"]);
});

test("progress() says no percentage of a total that was passed", async () => {
  const run = StreamingPipeline.start<number>().map("step", (item) => item).run(range(5));
  const shown = progress(run, { to: lines(), total: 3 });
  await collect(run);
  assertMatch(shown.line(), /^run · 5 of 3 · .*ETA unknown$/);
});

test("progress() costs by the time that passes, and not by the item", async () => {
  await withFakeTime(async (clock) => {
    const pipeline = StreamingPipeline.start<number>().map("step", (item) => item);
    const run = pipeline.run(range(10_000));
    let reads = 0;
    const counting: ObservedRun = {
      traceId: run.traceId,
      ended: run.ended,
      metadata: () => (reads++, run.metadata()),
    };
    progress(counting, { to: new Terminal(80), redrawMs: 100 });
    await collect(run);
    await settle();
    // The summary.
    assertEquals(reads, 1);
    await clock.advance(100);
    assertEquals([reads, clock.timerCount], [1, 0]);
  });
});

test("progress() of a batch pipeline counts the items of its lists", async () => {
  await withFakeTime(async (clock) => {
    const output = lines();
    const waiting: (() => void)[] = [];
    const running = Pipeline.start<number[]>()
      .filter("even", (item) => item % 2 === 0)
      .map("double", async (item) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        if (item === 4) throw new Error("no");
        return item * 2;
      }, { errorStrategy: "SKIP_FAILED" })
      .execute(range(10), { observer: (run) => progress(run, { to: output }) });
    await clock.advance(4_000);
    waiting.shift()!();
    await clock.advance(1_000);
    assertMatch(output.text, /^run · stage 2 of 2 · 20 % · 1 of 5 · .* · 0:05 · ETA unknown\n$/);
    for (let item = 0; item < 4; item++) {
      await settle();
      waiting.shift()!();
    }
    const result = await running;
    await settle();
    assertEquals(result.success && result.data, [0, 4, 12, 16]);
    const [even, double] = output.text.split("\n").filter((line) => /^(even|double) /.test(line))
      .map((line) => line.split(/ +/));
    assertEquals(even!.slice(1, 5), ["10/10", "5", "5", "0"]);
    assertEquals(double!.slice(1, 5), ["5/5", "4", "0", "1"]);
    assertMatch(output.text, /failed at double: STEP_ERROR ×1/);
    const lists = result.metadata.steps!.map(({ listMetadata }) => listMetadata!);
    assertEquals(lists.map(({ totalItems, failureCount }) => [totalItems, failureCount]), [
      [10, 0],
      [5, 1],
    ]);
  });
});

test("progress() shows nothing of an item, nor lets a key reach the terminal", async () => {
  const output = lines();
  const run = StreamingPipeline.start<string>()
    .map("evil\x1b[2J\u202E", (text) => JSON.parse(text) as unknown)
    .run(["secret"]);
  const { done } = progress(run, { to: output, name: "name\x07" });
  await assertRejects(() => collect(run));
  await done;
  // deno-lint-ignore no-control-regex -- it is about these
  assert(!/secret|[\x00-\x09\x0B-\x1F\u202E]/.test(output.text), output.text);
  assertMatch(output.text, /failed at evil\?\[2J\?: STEP_ERROR ×1/);
});

test("what an error brings as its code or name is shown only where it is a code or a name", async () => {
  for (const name of ["secret@example.com", "\x1b[2J", "secret ".repeat(20)]) {
    const fail = () => {
      throw Object.assign(new Error("no"), { code: name, name });
    };
    const output = lines();
    const records: LogRecord[] = [];
    const pipeline = StreamingPipeline.start<number>().map("bad", fail, {
      errorStrategy: "COLLECT_ERRORS",
    }).map("worse", (item) => item);
    const observer = observers(
      (run) => progress(run, { to: output }),
      (run) => log(run, { write: (record) => void records.push(record) }),
    );
    await pipeline.executeToArray([1, 2], { observer });
    await assertRejects(
      () => StreamingPipeline.start<number>().map("bad", fail).executeToArray([1], { observer }),
      StreamingError,
      'Stage "bad" failed at item 0: Error',
    );
    await settle();

    const shown = output.text + JSON.stringify(records) + summarize(await pipeline.getMetadata());
    for (const part of ["secret", "\x1b", "u001b"]) assert(!shown.includes(part), shown);
    assertMatch(output.text, /failed at bad: STEP_ERROR ×2/);
  }
});

test("[L9] progress() refuses what is no run and options that are not valid", () => {
  const run = StreamingPipeline.start<number>().run([1]);
  const pipeline = StreamingPipeline.start<number>() as unknown as ObservedRun;
  const to = lines();
  for (
    const [make, message] of [
      [() => progress(pipeline, { to }), "it needs a run, got an object, a pipeline"],
      [() => progress(3 as unknown as ObservedRun, { to }), "it needs a run, got 3"],
      [
        () => progress({ total: 3 } as unknown as ObservedRun),
        "got an object: hand it pipeline.run(source), or what the option observer gets: (run) => …",
      ],
      [() => progress(run, { too: 3 } as ProgressOptions), 'unknown option "too"; it has total'],
      [() => progress(run, { to, total: -1 }), "total must be a non-negative integer, got -1"],
      [() => progress(run, { to, redrawMs: 0 }), "redrawMs must be from 1 to"],
      [() => progress(run, { to, plainMs: NaN }), "plainMs must be from 1 to"],
      [
        () => progress(run, { to: {} as TextOutput }),
        "to must be a stream or an object with write",
      ],
      [() => progress(run, { to, stage: 3 as never }), "stage must be a string, got 3"],
      [() => progress(run, { to, color: 1 as never }), "color must be a boolean, got 1"],
    ] as const
  ) {
    assertThrows(make, Error, message);
  }
});

test("[L9] summarize() refuses what is no run and options that are not valid", () => {
  const run = StreamingPipeline.start<number>().run([1]);
  for (
    const [make, message] of [
      [() => summarize(3 as unknown as ObservedRun), "it needs a run, got 3"],
      [() => summarize(run, { name: 3 as never }), "name must be a string, got 3"],
      [() => summarize(run, { columns: 19 }), "columns must be at least 20, got 19"],
      [() => summarize(run, { nam: 1 } as SummaryOptions), 'unknown option "nam"; it has name'],
    ] as const
  ) {
    assertThrows(make, Error, message);
  }
});
