import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { Writable } from "node:stream";
import { Progress, ProgressDisplay } from "../progress.ts";
import { figuresOf } from "./helpers/figures.ts";

const RUN = figuresOf({
  discover: { outputCount: 5 },
  read: {
    inputCount: 5,
    outputCount: 4,
    errorCount: 1,
    p50Ms: 1.5,
    p95Ms: 20,
  },
  changed: { inputCount: 4, outputCount: 3 },
  store: { outputCount: 50 },
  completed: { outputCount: 2 },
});

Deno.test("Progress shows files, chunks, speed and time in one line", () => {
  let nowMs = 0;
  const progress = new Progress(() => {}, () => nowMs);
  equal(progress.line(), "no figures yet · 0.0 s");
  progress.counted(RUN);
  nowMs = 2_500;
  equal(progress.line(), "5 files · 50 chunks · 20 chunks/s · 2.5 s");
});

Deno.test("Progress counts a file once, however many of its batches failed", () => {
  const said: string[] = [];
  const progress = new Progress((message) => said.push(message));
  progress.failed("/a.md", new Error("first"));
  progress.failed("/a.md", new Error("second"));
  equal(progress.failedCount, 1);
  deepEqual(said, ["failed /a.md: first"]);
});

Deno.test("Progress sums up files, chunks, skipped, failed, seconds and peak memory", () => {
  let nowMs = 0;
  const progress = new Progress(() => {}, () => nowMs);
  progress.counted(RUN);
  progress.skipped("/b.md", "empty file");
  progress.failed("/c.md", new Error("no"));
  progress.deleted();
  nowMs = 1_234;
  const lines = progress.summary().split("\n");
  deepEqual(lines.slice(0, 6), [
    "files    5 (2 embedded, 1 unchanged)",
    "chunks   50",
    "skipped  1",
    "failed   1",
    "deleted  1",
    "seconds  1.2",
  ]);
  match(lines[6] ?? "", /^memory {3}[1-9]\d* MB at the peak$/);
  equal(lines.length, 7);
});

Deno.test("Progress shows where the errors are and a line for each stage when it is asked to", () => {
  const progress = new Progress(() => {});
  progress.counted(RUN);
  const options = { verbose: true, errorsFile: "/tmp/errors.ndjson" };
  doesNotMatch(progress.summary(options), /errors/);
  progress.failed("/c.md", new Error("no"));
  const lines = progress.summary(options).split("\n");
  deepEqual(lines.slice(7, 11), [
    "errors   /tmp/errors.ndjson",
    "",
    "stage             in       out  left out    p50 ms    p95 ms",
    "discover           0         5         0         –         –",
  ]);
  equal(lines[11], "read               5         4         1      1.50     20.00");
});

/** What a display writes while `use` has it. */
function shown(terminal: object, use: (display: ProgressDisplay) => void): string {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  let count = 0;
  const display = new ProgressDisplay(
    Object.assign(stream, terminal),
    () => `${++count} files and more`,
  );
  use(display);
  display.close();
  return text;
}

Deno.test("ProgressDisplay redraws one line on a terminal, cut to its width", () => {
  const text = shown({ isTTY: true, columns: 8 }, (display) => {
    display.draw();
    display.draw();
    display.say("failed a.md");
  });
  const erase = "\x1b[1G\x1b[2K";
  equal(
    text,
    `${erase}1 files${erase}2 files${erase}failed a.md\n${erase}3 files${erase}`,
  );
});

Deno.test("ProgressDisplay writes plain lines where there is no terminal", () => {
  const text = shown({}, (display) => {
    display.draw();
    display.say("failed a.md");
  });
  equal(text, "1 files and more\nfailed a.md\n");
});
