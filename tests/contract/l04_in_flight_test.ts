// L4 and L5 together: stopping × what the source does × how many calls are in flight.

import { assertEquals, assertGreater, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import type { StreamingError } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { type SourceOptions, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import { ABORTABLE_ROWS, type AnyPipeline, neededFor, type Row } from "./_rows.ts";

const REASON = new Error("stopped by the test");
const CLOSE_FAILURE = new Error("the source cannot be closed");

/** What a source does while it is being closed. */
interface Behaviour {
  readonly name: string;
  readonly options: SourceOptions<number>;
  /** Whether it stops answering one item after those that the first output needs. */
  readonly isSilent?: true;
}

const SOURCES: readonly Behaviour[] = [
  { name: "active", options: {} },
  { name: "idle", options: {}, isSilent: true },
  { name: "throwing on close", options: { closeFailure: CLOSE_FAILURE } },
];

/** Stops a run that has given one item; returns what the consumer sees. */
type StopAfterOne = (pipeline: AnyPipeline, source: SourceProbe, ready: Ready) => Promise<unknown>;

/** Called when the first item is out. */
type Ready = () => Promise<void>;

const STOPS: Readonly<Record<string, StopAfterOne>> = {
  async break(pipeline, probe, ready) {
    for await (const _ of pipeline.execute(probe.source)) {
      await ready();
      break;
    }
    return undefined;
  },
  async abort(pipeline, probe, ready) {
    const controller = new AbortController();
    for await (const _ of pipeline.execute(probe.source, { signal: controller.signal })) {
      await ready();
      controller.abort(REASON);
    }
    return undefined;
  },
};

/** The calls after the first output that are in flight when the run is stopped. */
const IN_FLIGHT: Readonly<Record<string, (first: number) => (index: number) => boolean>> = {
  "0 calls": () => () => false,
  "1 call": (first) => (index) => index === first,
  "n calls": (first) => (index) => index >= first,
};

for (
  const row of ABORTABLE_ROWS.filter(({ mode, endsTogether }) => mode.parallel && !endsTogether)
) {
  for (const [stop, stopAfterOne] of Object.entries(STOPS)) {
    for (const behaviour of SOURCES) {
      test(`[L4] ${row.title} ends on ${stop} while its source is ${behaviour.name}, whatever is in flight`, async () => {
        for (const [flight, isHeld] of Object.entries(IN_FLIGHT)) {
          const first = neededFor(row, 1);
          const calls = new CallProbe({ hold: isHeld(first) });
          const probe = createSource(behaviour, first);
          let inFlight = 0;

          const told = await stopAfterOne(row.build(calls), probe, async () => {
            await settle();
            inFlight = calls.running;
          }).catch((error) => error);

          calls.finish();
          expectInFlight(inFlight, row, flight, behaviour);
          assertEquals([calls.running, calls.aborted, probe.closed], [0, inFlight, 1], flight);
          expectTold(stop, behaviour, told);
          await settle();
          assertEquals([calls.late, probe.closed], [0, 1], flight);
        }
      });
    }
  }
}

function createSource({ options, isSilent }: Behaviour, first: number): SourceProbe {
  const silentAfter = isSilent && { silentAfter: first + 1 };
  return new SourceProbe("an async iterable", { ...options, ...silentAfter });
}

/**
 * Fewer calls run where an iterator keeps its place until it is read to its end, and where items are
 * let through without a call.
 */
const FEWER = /^flatMap\(\)|streaming step|^skipWhile\(\)/;

function expectInFlight(
  inFlight: number,
  { title, mode }: Row,
  flight: string,
  { isSilent }: Behaviour,
): void {
  const most = flight === "0 calls" ? 0 : flight === "1 call" || isSilent ? 1 : mode.limit;
  if (!FEWER.test(title)) return assertEquals(inFlight, most, flight);
  assertLessOrEqual(inFlight, most, flight);
  if (mode.limit > 1 && most > 0) assertGreater(inFlight, 0, flight);
}

/** A failed clean-up surfaces only where nothing more important has to be reported. */
function expectTold(stop: string, { options }: Behaviour, told: unknown): void {
  if (stop === "abort") return assertStrictEquals(told, REASON);
  if (!("closeFailure" in options)) return assertEquals(told, undefined);
  assertStrictEquals((told as StreamingError).cause, CLOSE_FAILURE);
  assertEquals((told as StreamingError).key, "source");
}
