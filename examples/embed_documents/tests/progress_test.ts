import { deepEqual, equal, match } from "node:assert/strict";
import { Writable } from "node:stream";
import { Progress, ProgressDisplay } from "../progress.ts";

Deno.test("Progress shows files, chunks, speed and time in one line", () => {
  let nowMs = 0;
  const progress = new Progress(() => {}, () => nowMs);
  progress.found();
  progress.found();
  progress.stored(50);
  nowMs = 2_500;
  equal(progress.line(), "2 files · 50 chunks · 20 chunks/s · 2.5 s");
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
  for (let file = 0; file < 5; file++) progress.found();
  progress.embedded();
  progress.embedded();
  progress.unchanged();
  progress.stored(7);
  progress.skipped("/b.md", "empty file");
  progress.failed("/c.md", new Error("no"));
  progress.deleted();
  nowMs = 1_234;
  const lines = progress.summary().split("\n");
  deepEqual(lines.slice(0, 6), [
    "files    5 (2 embedded, 1 unchanged)",
    "chunks   7",
    "skipped  1",
    "failed   1",
    "deleted  1",
    "seconds  1.2",
  ]);
  match(lines[6] ?? "", /^memory {3}[1-9]\d* MB at the peak$/);
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
