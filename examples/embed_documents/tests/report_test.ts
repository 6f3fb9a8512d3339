import { equal, match } from "node:assert/strict";
import { Writable } from "node:stream";
import { StreamingPipeline } from "@headrace/pipeline";
import { Report } from "../report.ts";

/** A report, the text of its progress, and a pipeline with the stages that are counted. */
function reportTo(options: { verbose?: boolean; errorsFile?: string } = {}) {
  const written = { text: "" };
  const to = new Writable({
    write(chunk, _encoding, done) {
      written.text += chunk;
      done();
    },
  });
  const report = new Report({ ...options, to });
  const pipeline = StreamingPipeline.start<number>()
    .flatMap("discover", (count) => Array.from({ length: count }, (_, file) => file))
    .filter("changed", (file) => file !== 0)
    .flatMap("store", (file) => Array.from({ length: 10 }, (_, chunk) => [file, chunk]))
    .filter("completed", ([file, chunk]) => file! < 3 && chunk === 9);
  const run = () => pipeline.executeToArray([5], { observer: (run) => report.observe(run) });
  return { report, run, written };
}

Deno.test("Report counts a file once, however many of its batches failed", async () => {
  const { report, run, written } = reportTo();
  await run();
  report.failed("/a.md", new Error("first"));
  report.failed("/a.md", new Error("second"));
  equal(report.failedCount, 1);
  equal(written.text, "failed /a.md: first\n");
});

Deno.test("Report sums up files, chunks, skipped, failed, seconds and peak memory", async () => {
  const { report, run } = reportTo();
  equal(report.foundCount, 0);
  await run();
  report.skipped("/b.md", "empty file");
  report.failed("/c.md", new Error("no"));
  report.deleted();
  match(
    report.summary(),
    new RegExp(
      "^files    5 \\(2 embedded, 1 unchanged\\)\nchunks   40\nskipped  1\nfailed   1\n" +
        "deleted  1\nseconds  \\d+\\.\\d\nmemory   [1-9]\\d* MB at the peak$",
    ),
  );
});

Deno.test("Report shows where the errors are and a line for each stage when it is asked to", async () => {
  const { report, run, written } = reportTo({ verbose: true, errorsFile: "/tmp/errors.ndjson" });
  await run();
  equal(report.summary().includes("errors"), false);
  report.failed("/c.md", new Error("no"));
  match(report.summary(), /^errors {3}\/tmp\/errors\.ndjson$/m);
  match(
    written.text,
    /^embed completed in .*, 2 items, .*\nstage +in +out .*p50 +p95\ndiscover +1 +5 /,
  );
});
