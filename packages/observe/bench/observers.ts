// What observes, each with what it needs: a dashboard that a page reads, an SDK that records.

import { log, profile, progress } from "@headrace/observe";
import { dashboard } from "@headrace/observe/dashboard";
import { openTelemetry } from "@headrace/observe/open_telemetry";
import type { RunObserver } from "@headrace/pipeline";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

/** The observers by their names. */
export interface Observers extends AsyncDisposable {
  readonly byName: Readonly<Record<string, RunObserver>>;
}

const nowhere = { write: () => {} };
const terminal = { ...nowhere, isTTY: true, columns: 80, rows: 24 };

/** Starts what the observers need; it is ended when they are disposed of. */
export async function openObservers(): Promise<Observers> {
  // Spans are ended, batched and dropped, as by an exporter that costs nothing.
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [
      new BatchSpanProcessor({
        export: (_spans, done) => done({ code: 0 }),
        shutdown: () => Promise.resolve(),
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const watched = dashboard({ intervalMs: 1_000 });
  const server = await watched.serve();
  const page = await openPage(`${server.url}events`);

  return {
    byName: {
      "an observer without hooks": () => {},
      "progress on a terminal": (run) => progress(run, { to: terminal }),
      "progress in lines": (run) => progress(run, { to: nowhere }),
      "log": (run) => log(run, { write: () => {} }),
      "profile": (run) => profile(run),
      "dashboard, no page open": dashboard().observe(),
      "dashboard, a page open": watched.observe(),
      "openTelemetry, no SDK": openTelemetry(),
      "openTelemetry, 1 % of items": openTelemetry({ tracerProvider, itemShare: 0.01 }),
      "openTelemetry, all items": openTelemetry({ tracerProvider, itemShare: 1 }),
    },
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await tracerProvider.shutdown();
      context.disable();
    },
  };
}

/** Reads the events of a dashboard, as a page does, until it is disposed of. */
async function openPage(url: string): Promise<AsyncDisposable> {
  const { body } = await fetch(url);
  const reader = body!.getReader();
  const reading = (async () => {
    while (!(await reader.read()).done);
  })();
  return {
    async [Symbol.asyncDispose]() {
      // To abort the request would leave a read pending at times, in Deno 2.9.6.
      await reader.cancel();
      await reading;
    },
  };
}
