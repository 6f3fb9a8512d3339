import type {
  ObservedRun,
  ObservedStage,
  PipelineMetadata,
  RunHooks,
  StageHooks,
  StreamingMetadata,
} from "@headrace/pipeline";
import { advise } from "@headrace/pipeline/core";
import type { Account } from "./account.ts";
import { clock, repeat } from "./_clock.ts";
import type { RunFigures, StageFigures } from "./figures.ts";
import { toFlameSvg } from "./_flame_svg.ts";
import { readMs, requireKnown, requireRun } from "./_options.ts";
import { profileLines } from "./_profile_text.ts";
import type { InnerProfile, RunProfile, StageProfile } from "./run_profile.ts";
import { RunView } from "./_run_view.ts";

const SUBJECT = "Cannot profile a run";
const DEFAULT_EVERY_MS = 20;

/**
 * Options of {@linkcode profile}.
 *
 * @category Profile
 */
export interface ProfileOptions {
  /** The time between two looks at what each stage waits for, in milliseconds. @default {20} */
  readonly everyMs?: number | undefined;
}

/**
 * The profile of a run that goes on.
 *
 * @category Profile
 */
export interface Profile extends Account {
  /** Resolves with the profile when the run is over. */
  readonly result: Promise<RunProfile>;
}

/**
 * Finds where the time of a run goes: how much work each stage does, how much of the time it works, waits
 * for an item, or is held back by those after it, and what the figures suggest.
 *
 * Work is the mean time of the calls that were timed, times the number of calls: `metadata: {
 * verbosity: "full" }` in `start` times all of them. What a stage waits for is sampled by a timer,
 * so not within work that blocks the thread.
 *
 * @param run A run, or what an observer gets: `{ observer: (run) => profile(run) }`. Only as an observer it
 * sees the stages that run inside of others.
 * @param options How often it samples.
 * @throws {TypeError | RangeError} If `run` is no run, or an option is not valid.
 * @category Profile
 *
 * @example The stage that does most
 * ```ts
 * import { profile } from "@headrace/observe";
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
 * const run = StreamingPipeline.start<number>()
 *   .map("quick", (number) => number * 2)
 *   .map("slow", (number) => sleep(5).then(() => number))
 *   .run([1, 2, 3, 4]);
 * const { result } = profile(run, { everyMs: 1 });
 * for await (const _number of run);
 *
 * const { stages } = await result;
 * const [most] = stages.toSorted((left, right) => right.ownMs - left.ownMs);
 * assertEquals(most?.key, "slow");
 * ```
 */
export function profile(run: ObservedRun, options: ProfileOptions = {}): Profile {
  requireRun(SUBJECT, run);
  requireKnown(SUBJECT, options, ["everyMs"]);
  return new Profiler(run, readMs(SUBJECT, "everyMs", options.everyMs, DEFAULT_EVERY_MS));
}

/** The time that was seen of a stage, by what it did. */
interface Seen {
  workingMs: number;
  noInputMs: number;
  heldBackMs: number;
  /** Its items in flight, times milliseconds. */
  inFlightMs: number;
}

class Profiler implements Profile {
  readonly result: Promise<RunProfile>;
  readonly #view: RunView;
  readonly #seen = new Map<string, Seen>();
  readonly #inside = new Map<string, Map<string, InnerProfile>>();
  #lookCount = 0;
  #seenMs = 0;
  #lookedAt: number | undefined;

  constructor(run: ObservedRun, everyMs: number) {
    this.#view = new RunView(run);
    const stop = repeat(() => this.#look(), everyMs);
    this.result = run.ended.then(() => {
      stop();
      return this.#finish();
    });
  }

  figures(): RunFigures {
    return this.#view.read();
  }

  readonly stage = (stage: ObservedStage): StageHooks => {
    const hooks = this.#view.stage(stage);
    return {
      ...hooks,
      inner: (run) => {
        run.ended.then(({ steps }) => this.#keepInside(stage.key, steps));
        return hooks.inner?.(run) as RunHooks | void;
      },
    };
  };

  /** Counts the time since the last look as spent on what each stage does now. */
  #look(): void {
    const { status, stages } = this.#view.read();
    const now = clock.now();
    const sinceMs = now - (this.#lookedAt ?? now);
    this.#lookedAt = status === "running" ? now : undefined;
    if (status !== "running" || sinceMs <= 0) return;
    this.#lookCount++;
    this.#seenMs += sinceMs;
    for (const stage of stages) {
      const seen = this.#seen.get(stage.key) ??
        { workingMs: 0, noInputMs: 0, heldBackMs: 0, inFlightMs: 0 };
      this.#seen.set(stage.key, seen);
      seen[stateOf(stage)] += sinceMs;
      seen.inFlightMs += stage.inFlightCount * sinceMs;
    }
  }

  #keepInside(key: string, steps: readonly StreamingMetadata[]): void {
    const inside = this.#inside.get(key) ?? new Map<string, InnerProfile>();
    this.#inside.set(key, inside);
    for (const step of steps) {
      const before = inside.get(step.key) ?? { key: step.key, callCount: 0, ownMs: 0 };
      inside.set(step.key, {
        key: step.key,
        callCount: before.callCount + step.inputCount - step.abandonedCount,
        ownMs: before.ownMs + ownMsOf(step),
      });
    }
  }

  #finish(): RunProfile {
    const { status, durationMs, stages } = this.#view.read();
    const metadata = this.#view.run.metadata();
    const profile = {
      status,
      durationMs,
      lookCount: this.#lookCount,
      stages: stages.map((stage, index) => this.#describe(stage, metadata.steps[index]!)),
      // In a batch pipeline stages take turns by design.
      hints: advise(metadata).filter(({ kind }) => kind !== "turns" || !isBatch(metadata)),
    };
    return { ...profile, text: profileLines(profile).join("\n"), svg: toFlameSvg(profile) };
  }

  /** A stage of a batch pipeline has one call, whose time is that of its whole list. */
  #describe({ key }: StageFigures, step: StreamingMetadata): StageProfile {
    const seen = this.#seen.get(key);
    const share = (ms = 0) => this.#seenMs === 0 ? 0 : ms / this.#seenMs;
    const { inputCount, abandonedCount } = this.#view.before(key) ??
      { inputCount: 0, abandonedCount: 0 };
    const callCount = step.inputCount - inputCount - (step.abandonedCount - abandonedCount);
    return {
      key,
      callCount,
      sampledCount: step.timing.sampledCount,
      ownMs: step.timing.avgDurationMs * callCount,
      workingShare: share(seen?.workingMs),
      noInputShare: share(seen?.noInputMs),
      heldBackShare: share(seen?.heldBackMs),
      meanInFlight: share(seen?.inFlightMs),
      inside: [...this.#inside.get(key)?.values() ?? []],
    };
  }
}

function stateOf({ stalledOn }: StageFigures): keyof Seen {
  if (stalledOn === "downstream") return "heldBackMs";
  return stalledOn === "upstream" ? "noInputMs" : "workingMs";
}

function isBatch({ steps }: PipelineMetadata): boolean {
  return steps[0]?.executionMode === "batch";
}

function ownMsOf({ timing, inputCount, abandonedCount }: StreamingMetadata): number {
  return timing.avgDurationMs * (inputCount - abandonedCount);
}
