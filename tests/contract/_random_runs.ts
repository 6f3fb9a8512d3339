// Runs a scenario and says what came of it.

import type { PipelineMetadata } from "../../mod.ts";
import { withFakeClock } from "../support/fake_clock.ts";
import { SourceProbe } from "../support/source_probe.ts";
import { settle, watch } from "../support/turns.ts";
import { buildPipeline } from "./_random_pipelines.ts";
import type { Scenario } from "./_random_specs.ts";
import { FAR_AWAY_MS, StageProbe, World } from "./_random_world.ts";

/** What sources throw on purpose. */
export const SOURCE_FAILURE: Error = new Error("the source fails");
export const CLOSE_FAILURE: Error = new Error("the source cannot be closed");

/** What consumers throw and abort with. */
export const REASON: Error = new Error("the consumer has seen enough");

/** What came of a run. */
export interface RandomRun {
  readonly seen: readonly unknown[];
  /** What the consumer was told in the end; absent where all went well. */
  readonly error?: unknown;
  readonly probe: SourceProbe;
  readonly stages: readonly StageProbe[];
  /** Calls that ran on when the consumer's statement completed. */
  readonly stillRunning: number;
  /** Timers that were left over. */
  readonly timers: number;
  readonly metadata: PipelineMetadata;
}

/** Runs `scenario`; `look` sees the metadata at many moments. */
export function runScenario(
  scenario: Scenario,
  look: (metadata: PipelineMetadata) => void,
): Promise<RandomRun> {
  return withFakeClock(async (clock) => {
    const world = new World(scenario.picks);
    const stages = scenario.stages.map((spec) => new StageProbe(spec, world));
    const probe = createSource(scenario, world);
    const seen: unknown[] = [];
    const { read, readMetadata } = createReader(scenario, stages, world, probe, seen);
    let stillRunning = 0;
    const reading = watch(
      read().finally(() => {
        for (const stage of stages) stillRunning += stage.running;
        for (const stage of stages) stage.isRunOver = true;
      }),
    );

    await world.drive(reading, clock, () => look(readMetadata()));

    await settle();
    const metadata = readMetadata();
    const told = reading.state === "rejected" && { error: reading.error };
    return { seen, ...told, probe, stages, stillRunning, timers: clock.waiting, metadata };
  });
}

function createSource({ source }: Scenario, world: World): SourceProbe {
  const { kind, count, failAfter, failsOnClose, isSlow } = source;
  return new SourceProbe(kind, {
    items: Array.from({ length: count }, (_, index) => index),
    ...(failAfter !== undefined && { failAfter, failure: SOURCE_FAILURE }),
    ...(failsOnClose && { closeFailure: CLOSE_FAILURE }),
    ...(isSlow && { gate: () => world.wait() }),
  });
}

/** The consumer: what it does with the items, and where the metadata of its run is. */
function createReader(
  { consumer, isSinkSlow }: Scenario,
  stages: readonly StageProbe[],
  world: World,
  probe: SourceProbe,
  seen: unknown[],
) {
  const pipeline = buildPipeline(stages, world);
  const controller = new AbortController();
  const options = {
    signal: controller.signal,
    closeTimeoutMs: FAR_AWAY_MS,
    errorsTo: () => isSinkSlow ? world.wait() : undefined,
  };
  const { end, action, after } = consumer;
  /** Whether the consumer stops here. */
  const see = (item: unknown): boolean => {
    seen.push(item);
    if (action === "reads all" || seen.length !== after) return false;
    if (action === "aborts") controller.abort(REASON);
    if (action === "throws") throw REASON;
    return action === "breaks";
  };

  if (end === "array" || end === "forEach") {
    const read = end === "forEach"
      ? () => pipeline.executeForEach(probe.source, see, options)
      : async () => void seen.push(...await pipeline.executeToArray(probe.source, options));
    const nothing: PipelineMetadata = pipeline.run([]).metadata();
    return { read, readMetadata: () => nothing };
  }
  const run = pipeline.run(probe.source, options);
  const read = end === "readable" ? () => readUntil(run.readable, see) : async () => {
    for await (const item of run) if (see(item)) break;
  };
  return { read, readMetadata: () => run.metadata() };
}

/** Reads a stream until `see` has seen enough or throws, and cancels it then. */
async function readUntil(
  stream: ReadableStream<unknown>,
  see: (item: unknown) => boolean,
): Promise<void> {
  const reader = stream.getReader();
  try {
    for (let result = await reader.read(); !result.done; result = await reader.read()) {
      if (see(result.value)) return await reader.cancel(REASON);
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  }
}
