// Progress on a terminal: what stands there after all that was written.

import { progress, type ProgressOptions } from "@headrace/observe";
import { StreamingPipeline } from "@headrace/pipeline";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import stringWidth from "string-width";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";
import { settle } from "@headrace/pipeline/testing";
import { withFakeTime } from "./support/fake_time.ts";
import { range, twelve } from "./support/runs.ts";
import { Terminal } from "./support/terminal.ts";

for (
  const [columns, head, table] of [
    [
      80,
      "█████░░░░░░░░░░░░░░░ files · 25 % · 5 of 20 · 1.00/s · 0:05 · ETA 0:15",
      "stage     in  out  busy  wait  drop  fail  retry",
    ],
    [40, "25 % · 5 of 20 · 1.00/s · 0:05 · ETA 0:15", "stage     in  out  fail"],
  ] as const
) {
  test(`progress() shows twelve stages on ${columns} columns, drawn over what was there`, async () => {
    await withFakeTime(async (clock) => {
      const terminal = new Terminal(columns);
      const { pipeline, next } = twelve();
      const run = pipeline.run(range(20));
      progress(run, { name: "files", to: terminal, color: false });
      const reading = collect(run);
      for (let item = 0; item < 5; item++) {
        await clock.advance(1_000);
        await next();
      }
      await clock.advance(100);

      const shown = terminal.lines;
      assertEquals(shown.length, 14);
      assertEquals(shown.filter((line) => stringWidth(line) >= columns), []);
      assertEquals(
        shown[0]!.replace(/ · 0\.9\d\/s/, " · 1.00/s"),
        columns === 40 ? head.replace(" · 1.00/s", "") : head,
      );
      assertEquals(shown[1], table);
      assertMatch(shown[13]!, /^slow +6 +5 .*working$/);
      assertMatch(shown[2]!, /^stage 1 +6 +6 .*held back$/);

      for (let item = 5; item < 20; item++) await next();
      assertEquals((await reading).length, 20);
      await settle();
      assertEquals(terminal.lines[0], cutTo(columns, "files completed in 0:05, 20 items, 3.92/s"));
      assertEquals(terminal.lines.length, 14);
      assertEquals(clock.timerCount, 0);
    });
  });
}

function cutTo(columns: number, line: string): string {
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
}

test("progress() has colours on a terminal, unless color or NO_COLOR says no", async () => {
  const paint = async (options: ProgressOptions): Promise<string> => {
    let text = "";
    await withFakeTime(async (clock) => {
      const terminal = new Terminal(80);
      const { pipeline, next } = twelve();
      const run = pipeline.run([1]);
      progress(run, { to: terminal, ...options });
      const reading = collect(run);
      await clock.advance(100);
      await next();
      await reading;
      await settle();
      text = terminal.text;
    });
    return text;
  };
  // deno-lint-ignore no-control-regex -- an escape sequence begins with a control character
  const colored = /\x1b\[\d+m/;
  assertMatch(await paint({ color: true }), colored);
  assert(!colored.test(await paint({ color: false })));

  const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
  if (process?.env === undefined) return;
  const before = process.env.NO_COLOR;
  try {
    process.env.NO_COLOR = "1";
    assert(!colored.test(await paint({})));
    delete process.env.NO_COLOR;
    assertMatch(await paint({}), colored);
  } finally {
    if (before !== undefined) process.env.NO_COLOR = before;
  }
});

test("what is said stands above what is drawn, and several runs one above the other", async () => {
  await withFakeTime(async (clock) => {
    const terminal = new Terminal(60);
    const [first, second] = [twelve(), twelve()];
    const runs = [first.pipeline.run([1]), second.pipeline.run([1])];
    const [shown] = runs.map((run, index) =>
      progress(run, { name: `run ${index}`, to: terminal, color: false })
    );
    const readings = runs.map((run) => collect(run));
    await clock.advance(100);
    shown!.say("a file was skipped\x1b[2J");
    await clock.advance(100);
    const texts = terminal.lines.map((line) => line.trimEnd());
    assertEquals(texts[0], "a file was skipped?[2J");
    assertEquals(texts.filter((line) => line.startsWith("run ")).length, 2);
    assert(texts.length <= 24);

    await first.next();
    await readings[0];
    await clock.advance(100);
    assertMatch(terminal.lines[1]!, /^run 0 completed/);
    assertEquals(terminal.lines.filter((line) => line.includes("run 1")).length, 1);
    await second.next();
    await Promise.all(readings);
    await settle();
    assertEquals(clock.timerCount, 0);
  });
});

test("a terminal that was made narrower is left clean", async () => {
  await withFakeTime(async (clock) => {
    const { pipeline, next } = twelve();
    const run = pipeline.run([1]);
    // It wraps by itself: what is erased is counted in its new columns.
    const writes: string[] = [];
    const output = {
      isTTY: true,
      columns: 80,
      rows: 24,
      write: (text: string) => writes.push(text),
    };
    progress(run, { to: output, color: false });
    const reading = collect(run);
    await clock.advance(100);
    const wide = writes.at(-1)!.trimEnd().split("\n");
    output.columns = 20;
    await clock.advance(100);
    const ups = writes.at(-1)!.split("\x1b[1A").length - 1;
    const rows = wide.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 20)), 0);
    assertEquals(ups, rows);
    await next();
    await reading;
  });
});

test("an output that fails ends the display and not the run", async () => {
  await withFakeTime(async (clock) => {
    const failure = new Error("closed");
    const { pipeline, next } = twelve();
    const run = pipeline.run([1]);
    let writes = 0;
    const { done } = progress(run, {
      to: {
        isTTY: true,
        write() {
          writes++;
          throw failure;
        },
      },
    });
    const reading = collect(run);
    await clock.advance(1_000);
    await next();
    assertEquals((await reading).length, 1);
    assertEquals(await assertRejects(() => done), failure);
    assertEquals([writes, clock.timerCount], [1, 0]);
  });
});

for (const rows of [1, 2, 3, 5, 24]) {
  test(`thirty runs on ${rows} rows take no more rows than there are`, async () => {
    await withFakeTime(async (clock) => {
      const writes: string[] = [];
      const write = (text: string) => writes.push(text);
      const to = { isTTY: true, columns: 40, rows, write };
      const all = Array.from({ length: 30 }, () => twelve());
      const readings = all.map(({ pipeline }) => {
        const run = pipeline.run([1]);
        progress(run, { to, color: false, summary: false });
        return collect(run);
      });
      await clock.advance(300);
      assert(writes.length > 0);
      for (const text of writes) {
        assert(text.split("\n").length - 1 <= Math.max(1, rows - 1), JSON.stringify(text));
      }
      await Promise.all(all.map(({ next }) => next()));
      await Promise.all(readings);
      await settle();
      assertEquals(clock.timerCount, 0);
    });
  });
}

for (const columns of [undefined, 0, 1, 2, 10, -5, NaN, Infinity]) {
  test(`progress() fits a terminal that says it has ${columns} columns`, async () => {
    await withFakeTime(async (clock) => {
      const writes: string[] = [];
      const to = { isTTY: true, columns, rows: 24, write: (text: string) => writes.push(text) };
      const { pipeline, next } = twelve();
      const run = pipeline.run([1]);
      const { done } = progress(run, { to, color: false });
      const reading = collect(run);
      await clock.advance(200);
      await next();
      await reading;
      await done;

      const room = columns !== undefined && columns >= 1 && columns < 80 ? columns : 80;
      // deno-lint-ignore no-control-regex -- escape sequences begin with a control character
      const lines = writes.join("").replaceAll(/\x1b\[\d*[A-Z]|\r/g, "").split("\n");
      assert(lines.length > 2);
      assert(columns === 1 || lines.some((line) => line.startsWith("r") || line === "…"));
      assertEquals(lines.filter((line) => stringWidth(line) > Math.max(1, room - 1)), []);
    });
  });
}

test("where not all stages have room, a line has the colour of its own stage", async () => {
  await withFakeTime(async (clock) => {
    const writes: string[] = [];
    const write = (text: string) => writes.push(text);
    const to = { isTTY: true, columns: 80, rows: 6, write };
    const { pipeline, next } = twelve();
    const fail = () => {
      throw new Error("no");
    };
    const run = pipeline.map("bad", fail, { errorStrategy: "SKIP_FAILED" }).run(range(3));
    progress(run, { to, color: true });
    const reading = collect(run);
    await clock.advance(100);
    await next();
    await clock.advance(100);

    const red = writes.at(-1)!.split("\n").filter((line) => line.includes("\x1b[31m"));
    assertEquals(red.map((line) => line.includes("bad")), [true]);
    await next();
    await next();
    await reading;
  });
});

test("an output whose promise rejects ends the display and not the run", async () => {
  await withFakeTime(async (clock) => {
    let count = 0;
    const write = () => {
      count++;
      return Promise.reject(new Error("the pipe is closed"));
    };
    const { pipeline, next } = twelve();
    const run = pipeline.run([1]);
    const { done } = progress(run, { to: { isTTY: true, columns: 80, rows: 24, write } });
    const reading = collect(run);
    await clock.advance(1_000);
    await next();

    assertEquals((await reading).length, 1);
    await assertRejects(() => done, Error, "the pipe is closed");
    assertEquals(count, 1);
  });
});

test("what is said to an output that fails does not fail the stage that says it", async () => {
  const write = () => {
    throw new Error("the pipe is closed");
  };
  const run = StreamingPipeline.start<number>()
    .map("told", (item) => (shown.say("an item"), item))
    .run([1, 2]);
  const shown = progress(run, { to: { write } });

  assertEquals(await collect(run), [1, 2]);
  await assertRejects(() => shown.done, Error, "the pipe is closed");
});

test("a stream that fails in an event ends the display and not the run, with one listener", async () => {
  await withFakeTime(async (clock) => {
    const listeners: ((error: Error) => void)[] = [];
    let count = 0;
    const to = {
      isTTY: true,
      columns: 80,
      rows: 24,
      write: () => void count++,
      on: (type: string, listener: (error: Error) => void) => {
        if (type === "error") listeners.push(listener);
      },
    };
    const all = [twelve(), twelve()];
    const shown = all.map(({ pipeline }) => {
      const run = pipeline.run([1]);
      return { ...progress(run, { to }), reading: collect(run) };
    });
    await clock.advance(100);
    const before = count;
    for (const listener of listeners) listener(new Error("write EPIPE"));
    await clock.advance(1_000);

    assertEquals([listeners.length, count], [1, before]);
    for (const [index, { done, reading }] of shown.entries()) {
      await all[index]!.next();
      assertEquals((await reading).length, 1);
      await assertRejects(() => done, Error, "write EPIPE");
    }
  });
});
