// Runs a program and says what came of it.

import { type FailedItem, type PipelineMetadata, StreamingPipeline } from "../../mod.ts";
import { useClock } from "../../src/internal/clock.ts";
import { countSignals } from "../support/counted_signal.ts";
import type { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch, type Watched } from "../../src/testing/turns.ts";
import { Chain, createInput } from "./chain.ts";
import { ENDS, type RandomPipeline, type Reading } from "./ends.ts";
import type { Loose } from "./operator.ts";
import type { Program } from "./program.ts";
import { FAR_AWAY_MS, REASON, World } from "./world.ts";

/** What came of a run. */
export interface Outcome {
  readonly world: World;
  readonly chain: Chain;
  readonly probe: SourceProbe;
  /** The sources beside the first. */
  readonly others: readonly SourceProbe[];
  readonly seen: readonly unknown[];
  /** What the consumer got in the end; absent where all went well. */
  readonly error?: unknown;
  /** Whether a run that was stuck had to be ended from outside. */
  readonly isRescued: boolean;
  /** What was handed to `errorsTo`. */
  readonly sunk: readonly FailedItem[];
  /** Calls that ran on when the consumer's statement completed. */
  readonly stillRunning: number;
  /** Timers that were left over when the consumer's statement completed. */
  readonly timers: number;
  /** Those that are left when all calls have ended as well. */
  readonly lastTimers: number;
  /** Listeners that were left on any signal. */
  readonly listeners: number;
  /** Absent where the end does not give them. */
  readonly metadata: PipelineMetadata | undefined;
}

/** Runs `program`; `look` sees the metadata at many moments. */
export async function runProgram(
  program: Program,
  look: (metadata: PipelineMetadata) => void,
): Promise<Outcome> {
  const world = new World(program);
  const restore = useClock(world.clock);
  const signals = countSignals();
  try {
    return { ...await runIn(world, program, look), listeners: signals.count() };
  } finally {
    signals.restore();
    restore();
  }
}

async function runIn(
  world: World,
  program: Program,
  look: (metadata: PipelineMetadata) => void,
): Promise<Omit<Outcome, "listeners">> {
  const others: SourceProbe[] = [];
  const chain = new Chain(program.stages, {
    world,
    isObserved: program.isObserved ?? false,
    others,
  });
  const probe = createInput(program.input, world, (point) => world.meet(point));
  const seen: unknown[] = [];
  const sunk: FailedItem[] = [];
  const controller = new AbortController();
  const reading = open(program, { world, chain, probe, seen, sunk, controller });
  let stillRunning = 0;
  /** What the consumer waits for. */
  let waitsFor = 0;
  const wait = <T>(work: Promise<T>): Watched<T> => {
    waitsFor++;
    return watch(work.finally(() => {
      if (--waitsFor > 0) return;
      for (const { work } of chain.all()) stillRunning += work.running;
      world.isOver = true;
    }));
  };
  const running = wait(reading.read());
  let isRescued = false;
  const rescue = (): boolean => {
    if (!world.isFaulty) return false;
    isRescued = true;
    if (program.consumer.action === "breaks" && reading.stop) wait(reading.stop());
    else controller.abort(REASON);
    return true;
  };
  const metadata = () => reading.metadata?.();
  await world.drive(() => !world.isOver, () => {
    const figures = metadata();
    if (figures !== undefined) look(figures);
  }, rescue);
  await settle();
  // Runs inside a run have the same deadline.
  await world.clock.advance(0);
  const timers = world.clock.timerCount;
  await world.letAllGo();
  await settle();
  return {
    world,
    chain,
    probe,
    others,
    seen,
    ...(running.state === "rejected" && { error: running.error }),
    isRescued,
    sunk,
    stillRunning,
    timers,
    lastTimers: world.clock.timerCount,
    metadata: metadata(),
  };
}

interface Parts {
  readonly world: World;
  readonly chain: Chain;
  readonly probe: SourceProbe;
  readonly seen: unknown[];
  readonly sunk: FailedItem[];
  readonly controller: AbortController;
}

function open(program: Program, { world, chain, probe, seen, sunk, controller }: Parts): Reading {
  const { consumer: { end, action, after }, isSinkSlow } = program;
  const errorsTo = (failed: FailedItem) => {
    sunk.push(failed);
    return world.meet("call") ?? (isSinkSlow ? world.wait() : undefined);
  };
  const see = (item: unknown): boolean => {
    seen.push(item);
    if (action === "reads all" || seen.length !== after) return false;
    if (action === "aborts") controller.abort(REASON);
    if (action === "drains" || action === "hurries") world.isStopped = true;
    if (action === "drains") drain.abort();
    if (action === "hurries") {
      world.isHurried = true;
      reading.hurry!();
    }
    if (action === "throws") throw REASON;
    return action === "breaks";
  };
  const drain = new AbortController();
  const { signal } = controller;
  const options = { signal, stop: drain.signal, closeTimeoutMs: FAR_AWAY_MS, errorsTo };
  const pipeline = chain.build(StreamingPipeline.start<number>() as unknown as Loose);
  const reading: Reading = ENDS[end]({
    pipeline: pipeline as unknown as RandomPipeline,
    probe,
    options,
    see,
  });
  return reading;
}
