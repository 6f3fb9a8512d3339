// `deno task bench`: what it costs to observe a run, as ratios to the same run unobserved. Each measurement
// is a pair, one right behind the other, in turns; the median of the ratios stands, with the quartiles, and
// what is more per call.

import { log, profile, progress } from "@headrace/observe";
import { dashboard } from "@headrace/observe/dashboard";
import { openTelemetry } from "@headrace/observe/open_telemetry";
import { type RunObserver, StreamingPipeline } from "@headrace/pipeline";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

const PAIRS = Number(Deno.args[0] ?? 15);

/** A way to use the time. */
interface Workload {
  readonly name: string;
  /** How many calls of stages it makes. */
  readonly calls: number;
  run(observer: RunObserver | undefined): Promise<unknown>;
}

/** Keeps the processor busy for about so many microseconds. */
function spin(microseconds: number): number {
  const until = performance.now() + microseconds / 1000;
  let turns = 0;
  while (performance.now() < until) turns++;
  return turns;
}

const range = (length: number) => Array.from({ length }, (_, item) => item);

const numbers = StreamingPipeline.start<number>()
  .map("add", (item) => item + 1)
  .filter("even", (item) => item % 2 === 0)
  .map("double", (item) => item * 2);
const promises = StreamingPipeline.start<number>()
  .map("first", (item) => Promise.resolve(item), { concurrencyLimit: 8 })
  .map("second", (item) => Promise.resolve(item), { concurrencyLimit: 8 });
const work = StreamingPipeline.start<number>()
  .map("parse", (item) => spin(50) + item)
  .map("hash", (item) => Promise.resolve(spin(50) + item), { concurrencyLimit: 4 });

const sources = { numbers: range(300_000), promises: range(50_000), work: range(3_000) };

const workloads: readonly Workload[] = [
  {
    name: "three stages that add and compare",
    calls: sources.numbers.length * 2.5,
    run: (observer) => numbers.executeForEach(sources.numbers, () => {}, { observer }),
  },
  {
    name: "two parallel stages of promises",
    calls: sources.promises.length * 2,
    run: (observer) => promises.executeForEach(sources.promises, () => {}, { observer }),
  },
  {
    name: "two stages of 50 µs",
    calls: sources.work.length * 2,
    run: (observer) => work.executeForEach(sources.work, () => {}, { observer }),
  },
];

const nowhere = { write: () => {} };
const terminal = { ...nowhere, isTTY: true, columns: 80, rows: 24 };
/** Spans are ended, batched and dropped, as by an exporter that costs nothing. */
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [
    new BatchSpanProcessor({
      export: (_spans, done) => done({ code: 0 }),
      shutdown: () => Promise.resolve(),
    }),
  ],
});
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

const idle = dashboard();
const watched = dashboard({ intervalMs: 1_000 });
await using server = await watched.serve();
const leave = new AbortController();
const events = await fetch(`${server.url}events`, { signal: leave.signal });
(async () => {
  for await (const _part of events.body!);
})().catch(() => {});

const observers: Readonly<Record<string, RunObserver>> = {
  "an observer without hooks": () => {},
  "progress on a terminal": (run) => progress(run, { to: terminal }),
  "progress in lines": (run) => progress(run, { to: nowhere }),
  "log": (run) => log(run, { write: () => {} }),
  "profile": (run) => profile(run),
  "dashboard, no page open": idle.observe(),
  "dashboard, a page open": watched.observe(),
  "openTelemetry, no SDK": openTelemetry(),
  "openTelemetry, 1 % of items": openTelemetry({ tracerProvider }),
  "openTelemetry, all items": openTelemetry({ tracerProvider, itemShare: 1 }),
};

for (const { name, calls, run } of workloads) {
  console.log(`\n${name}`);
  await run(undefined);
  for (const [label, observer] of Object.entries(observers)) {
    const ratios: number[] = [];
    const perCall: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const first = pair % 2 === 0;
      const times: Record<string, number> = {};
      for (const isObserved of [first, !first]) {
        const startedAt = performance.now();
        await run(isObserved ? observer : undefined);
        times[String(isObserved)] = performance.now() - startedAt;
      }
      ratios.push(times.true! / times.false!);
      perCall.push((times.true! - times.false!) * 1e6 / calls);
    }
    const at = (values: number[], share: number) =>
      values.toSorted((left, right) => left - right)[Math.floor(share * (values.length - 1))]!;
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => at(ratios, share).toFixed(3));
    const more = `${at(perCall, 0.5).toFixed(0)} ns more per call`;
    console.log(`  ${label.padEnd(30)} ${middle}  (${low} to ${high}), ${more}`);
  }
}

leave.abort();
await tracerProvider.shutdown();
