import { deepEqual } from "node:assert/strict";
import { FormatError } from "@headrace/formats/lines";
import { StreamingPipeline } from "@headrace/pipeline";
import { durable, memoryStore, positioned } from "@headrace/pipeline/durable";
import { QUIET } from "../follow_file.ts";
import { joinTraces, type LogRecord } from "../join_traces.ts";
import type { Line } from "../split_lines.ts";

type Input = Line | typeof QUIET;

const time = "2026-05-04T10:00:00.000000001Z";

function number(lines: readonly (string | typeof QUIET)[]): Input[] {
  return lines.map((text, index) => text === QUIET ? QUIET : { number: index + 1, text });
}

function createPipeline(maxLength = 1_000) {
  return StreamingPipeline.start<Input>().transform("records", joinTraces({ maxLength }));
}

async function join(lines: readonly (string | typeof QUIET)[], maxLength?: number) {
  return await createPipeline(maxLength).executeToArray(number(lines)) as LogRecord[];
}

Deno.test("joinTraces() joins the lines of stack traces to the line before them", async () => {
  const traces = [
    // Java
    ["java.lang.IllegalStateException: Gate", "\tat mills.Gate.open(Gate.java:3)", "\t... 12 more"],
    ["Caused by: java.io.IOException: Gate", "\tat mills.Gate.open(Gate.java:3)"],
    // Python
    [
      ...["Traceback (most recent call last):", '  File "gate.py", line 3, in open'],
      ...["    raise ValueError(3)", "ValueError: 3"],
    ],
    // Node
    ["TypeError: gate is not a function", "    at open (file:///gate.js:3:1)", "    at wheel"],
  ];
  for (const trace of traces) {
    deepEqual(await join(["first", ...trace, "next"]), [
      { number: 1, text: "first", trace: trace.join("\n") },
      { number: trace.length + 2, text: "next" },
    ]);
  }
});

Deno.test("joinTraces() joins nothing to what belongs to no entry, and nothing after a quiet time", async () => {
  deepEqual(await join(["  at gate", "  at wheel"]), [
    { number: 1, text: "at gate", trace: "  at wheel" },
  ]);
  deepEqual(await join(["first", "  at gate", QUIET, "second"]), [
    { number: 1, text: "first", trace: "  at gate" },
    { number: 4, text: "second" },
  ]);
  const bad = new FormatError("too long", { code: "LINE_TOO_LONG", format: "lines", record: 2 });
  const all = [...number(["first"]), bad, ...number(["second"])];
  deepEqual(await createPipeline().executeToArray(all), [
    { number: 1, text: "first" },
    bad,
    { number: 1, text: "second" },
  ]);
});

Deno.test("joinTraces() lets a record go when the log is quiet, not before", async () => {
  const taken: string[] = [];
  async function* source(): AsyncGenerator<Input, void, undefined> {
    yield { number: 1, text: "first" };
    taken.push("asked for more");
    yield QUIET;
    taken.push("asked again");
  }
  for await (const { text } of createPipeline().execute(source()) as AsyncIterable<LogRecord>) {
    taken.push(text);
  }
  deepEqual(taken, ["asked for more", "first", "asked again"]);
});

Deno.test("joinTraces() keeps no more of a trace than it may", async () => {
  const long = await join(["first", "  12345678", "  90", "  1"], 15);
  deepEqual(long, [{ number: 1, text: "first", trace: "  12345678" }]);
  const [record] = await join(
    ["first", ...Array.from({ length: 500 }, (_, at) => ` at ${at}`)],
    9_999,
  );
  deepEqual(record!.trace!.split("\n").length, 200);
});

Deno.test("joinTraces() leaves out all pieces of a line that is one too many", async () => {
  const trace = Array.from({ length: 200 }, (_, at) => ` at ${at}`);
  const lines = ["F first", ...trace.map((line) => `F ${line}`), "P  at 200 ", "F more", "F next"];
  deepEqual(await join(lines.map((rest) => `${time} stderr ${rest}`), 9_999), [
    { number: 1, text: "first", time, trace: trace.join("\n") },
    { number: 204, text: "next", time },
  ]);
});

Deno.test("joinTraces() unwraps what container engines write, and joins the pieces of a line", async () => {
  const docker = (log: string) => JSON.stringify({ log, stream: "stderr", time });
  deepEqual(
    await join([docker("Gate 3\n"), docker("  at gate\n"), docker("one "), docker("line\n")]),
    [
      { number: 1, text: "Gate 3", time, trace: "  at gate" },
      { number: 3, text: "one line", time },
    ],
  );
  const cri = [`stderr P Gate `, `stderr F 3`, `stdout F   at gate`, `stdout F `];
  deepEqual(await join(cri.map((rest) => `${time} ${rest}`)), [
    { number: 1, text: "Gate 3", time, trace: "  at gate" },
    { number: 4, text: "", time },
  ]);
  for (
    const text of [
      '{"log":"a',
      '{"log":"a","stream":1,"time":"b"}',
      `${time} stderr X a`,
      "a stderr F b",
    ]
  ) {
    deepEqual(await join([text]), [{ number: 1, text }]);
  }
});

Deno.test("joinTraces() goes on inside a record after a restart", async () => {
  const store = memoryStore();
  const lines = number(["first", "  at gate", "  at wheel", "second"]);
  const records: unknown[] = [];
  for (const end of [2, 4]) {
    const job = durable(createPipeline(), {
      id: "join",
      mode: "snapshots",
      store,
      commit: { items: 1 },
    });
    const source = positioned(lines);
    const running = job.run({
      async *open(from: number | undefined, signal) {
        for await (const each of source.open(from, signal)) {
          yield each;
          if (each.position === end && end < 4) await new Promise(() => {});
        }
      },
    }, (record) => records.push(record));
    if (end < 4) {
      while (job.progress().committed !== end) await new Promise((resolve) => setTimeout(resolve));
      await job.stop({ deadlineMs: 0 });
    }
    await running;
  }
  deepEqual(records, [
    { number: 1, text: "first", trace: "  at gate\n  at wheel" },
    { number: 4, text: "second" },
  ]);
});
