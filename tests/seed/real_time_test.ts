// The document's example 5: alerts from a log that never ends.

import { assertEquals } from "@std/assert";
import { createStep, createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { until } from "../../src/testing/turns.ts";

interface LogEntry {
  readonly level: "info" | "error";
  readonly text: string;
}

interface Enriched extends LogEntry {
  readonly host: string;
}

/** A log that has entries when some are written, and is silent in between. */
class Log {
  readonly stream: ReadableStream<LogEntry>;
  cancelled = false;
  #controller: ReadableStreamDefaultController<LogEntry> | undefined;

  constructor() {
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.cancelled = true;
      },
    });
  }

  write(level: LogEntry["level"], text: string): void {
    this.#controller!.enqueue({ level, text });
  }
}

const enrichWithContext = createStreamingStep<LogEntry, Enriched>(
  "enrichWithContext",
  async function* ({ input }) {
    for await (const entry of input) yield { ...entry, host: "wheel-1" };
  },
);

test("example 5: real-time processing", async () => {
  const alerts: string[] = [];
  const sendAlertBatch = createStep(
    "sendAlertBatch",
    ({ input: batch }: { input: Enriched[] }) => `${batch.length} errors on ${batch[0]?.host}`,
  );
  const log = new Log();
  const connectToLogStream = () => log.stream;

  // Process log stream in real-time
  const logPipeline = StreamingPipeline.start<LogEntry>()
    .filter("errors", (entry) => entry.level === "error")
    .map("enrich", enrichWithContext)
    .batch("batches", 100)
    .map("notify", sendAlertBatch);

  // Connect to log stream
  const logStream = connectToLogStream();

  // Process continuously
  const processing = (async () => {
    for await (const alert of logPipeline.execute(logStream)) {
      // Alerts sent as soon as batch of 100 errors collected
      alerts.push(alert);
      if (alerts.length === 2) break;
    }
  })();

  for (let index = 0; index < 99; index++) log.write("error", `${index}`);
  for (let index = 0; index < 500; index++) log.write("info", `${index}`);
  assertEquals(alerts, []);
  log.write("error", "the hundredth");
  await until("the first alert is out while the log is silent", () => alerts.length === 1);
  for (let index = 0; index < 100; index++) log.write("error", `${index}`);
  await processing;

  assertEquals(alerts, ["100 errors on wheel-1", "100 errors on wheel-1"]);
  assertEquals(log.cancelled, true);
});
