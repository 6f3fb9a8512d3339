// A run of a job that goes on: its figures are those of the job, and what is counted for good is its own.

import { observers, type Profile, profile } from "@headrace/observe";
import { openTelemetry } from "@headrace/observe/open_telemetry";
import { StreamingPipeline } from "@headrace/pipeline";
import { durable, memoryStore, positioned } from "@headrace/pipeline/durable";
import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { settle } from "@headrace/pipeline/testing";

type Observe = (
  result: { observe(value: number, attributes: Record<string, unknown>): void },
) => void;

/** Keeps what it would be asked for by a reader of metrics. */
class Meters {
  readonly #callbacks = new Map<string, Observe>();

  getMeter(): object {
    const createObservable = (name: string) => ({
      addCallback: (callback: Observe) => this.#callbacks.set(name, callback),
    });
    return {
      createObservableCounter: createObservable,
      createObservableGauge: createObservable,
      createHistogram: () => ({ record() {} }),
    };
  }

  /** The items of a stage that are not zero, by their outcome. */
  readItems(stage: string): Record<string, number> {
    const items: Record<string, number> = {};
    this.#callbacks.get("headrace.items")!({
      observe(value, attributes) {
        if (attributes["headrace.stage"] !== stage || value === 0) return;
        items[String(attributes["headrace.outcome"])] = value;
      },
    });
    return items;
  }
}

test("a run of a job that goes on counts no item again that an earlier run has counted", async () => {
  const meterProvider = new Meters();
  const telemetry = openTelemetry({ meterProvider });
  const store = memoryStore();
  const profiles: Profile[] = [];
  let calls = 0;
  let isDown = true;
  const pipeline = StreamingPipeline.start<number>()
    .map("step", (item) => {
      calls++;
      if (item === 7 && isDown) throw new Error("down");
      return item;
    })
    .filter("even", (item) => item % 2 === 0);
  const observer = observers(telemetry, (run) => {
    const profiled = profile(run);
    profiles.push(profiled);
    return profiled;
  });
  const run = () =>
    durable(pipeline, { id: "job", mode: "snapshots", store, commit: { items: 2 } })
      .run(positioned([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), () => {}, { observer });

  await run().catch(() => {});
  const before = calls;
  isDown = false;
  await run();
  await settle();

  const [first, second] = await Promise.all(profiles.map(({ result }) => result));
  assertEquals([first?.stages[0]?.callCount, second?.stages[0]?.callCount], [
    before,
    calls - before,
  ]);
  assertEquals(profiles[1]?.figures().stages.map(({ inputCount }) => inputCount), [10, 10]);
  assertEquals(meterProvider.readItems("step"), { passed: calls - 1, failed: 1 });
  assertEquals(meterProvider.readItems("even"), { passed: 5, dropped: 5 });
});
