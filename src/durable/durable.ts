import { DEFAULT_CLOSE_TIMEOUT_MS } from "../base/defaults.ts";
import type { PipelineMetadata } from "../base/metadata_types.ts";
import type { PipelineOf } from "../base/types.ts";
import type { Blueprint } from "../core/blueprint.ts";
import { requireBlueprint } from "../core/pipeline.ts";
import type { Run } from "../core/run.ts";
import { resolveRunOptions, type RunSettings } from "../core/run_options.ts";
import { openErrorSink } from "../parts/error_sink.ts";
import { createDeferred, type Deferred } from "../internal/promises.ts";
import { readReason } from "../internal/signals.ts";
import { requireKnownOptions, requireMethods, requireNumber } from "../internal/validation.ts";
import { type DurableOptions, type JobSettings, resolveOptions } from "./durable_options.ts";
import type {
  DurableJob,
  JobMetadata,
  JobProgress,
  JobResult,
  JobRunOptions,
  JobSink,
} from "./job.ts";
import type { ModeRun, ModeRunParts } from "./_mode.ts";
import { RUN_JOB } from "./_errors.ts";
import { openSink } from "./_sink.ts";
import { Session } from "./_session.ts";
import { OVER, STOPPED, Waits } from "./_waits.ts";

const RUN_OPTIONS = ["signal", "closeTimeoutMs", "errorsTo", "observer"];

/**
 * Makes a job of a pipeline: after the process was killed, at whatever moment, its next run goes on
 * from the last commit.
 *
 * In the mode `snapshots` a commit holds the source back until all that is in flight has come out and
 * the sink has taken it; then the position of the source and what each stage keeps are saved. What
 * came out after the last commit comes out again after a crash, the same items in the same order if
 * source and functions are deterministic: at least once into a plain sink, effectively once into
 * `transactional`, and into sinks that know items again.
 *
 * Stages whose state cannot be saved are refused here, with what to do: steps that do not say what they
 * keep, stages that depend on time, and those that read a second source; also inside of branches and
 * groups, whose pipelines are built once for that. Where `build` of `groupBy` takes the key, the run
 * rejects when such a group is opened.
 *
 * @typeParam TInput The items of the source.
 * @typeParam TOutput The items that come out.
 * @param pipeline The pipeline; it may run otherwise, too.
 * @param options The job's id, mode and store; when it commits.
 * @returns The job. Nothing is read or acquired before `run`.
 * @throws {TypeError | RangeError} If an option is not valid, or a stage cannot be part of a job.
 * @category Durable runs
 *
 * @example Running totals that survive
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { durable, memoryStore, positioned } from "@headrace/pipeline/durable";
 * import { assertEquals } from "@std/assert";
 *
 * const totals = StreamingPipeline.start<number>().scan("total", (total, n) => total + n, 0);
 * const store = memoryStore();
 * const job = durable(totals, { id: "totals", mode: "snapshots", store, commit: { items: 2 } });
 * const taken: number[] = [];
 * const crash = job.run(positioned([1, 2, 3, 4]), (total) => {
 *   if (total === 6) throw new Error("crashed");
 *   taken.push(total);
 * });
 * await crash.catch(() => {});
 * const { resumedFrom } = await job.run(positioned([1, 2, 3, 4]), (total) => taken.push(total));
 *
 * assertEquals(taken, [1, 3, 6, 10]);
 * assertEquals(resumedFrom, 2);
 * ```
 */
export function durable<TInput, TOutput>(
  pipeline: PipelineOf<TInput, TOutput>,
  options: DurableOptions<NoInfer<TInput>>,
): DurableJob<TInput, TOutput> {
  return new Job(requireBlueprint("call durable", pipeline), resolveOptions(options));
}

class Job<TInput, TOutput> implements DurableJob<TInput, TOutput> {
  readonly #blueprint: Blueprint;
  readonly #settings: JobSettings;
  /** Set while a run is under way; resolved when it is over. */
  #running: Deferred<void> | undefined;
  #run: ModeRun | undefined;
  #waits: Waits | undefined;
  /** Set where it must be stopped before its run has begun. */
  #isStopDue = false;
  #progress: JobProgress = NO_PROGRESS;
  /** The pipeline may have other runs, too. */
  #latest: Run | undefined;
  #metadata: PipelineMetadata | undefined;

  constructor(blueprint: Blueprint, settings: JobSettings) {
    settings.mode.check(settings.id, blueprint);
    this.#blueprint = blueprint;
    this.#settings = settings;
  }

  run<TPosition>(
    source: { readonly open: unknown },
    sink: JobSink<TOutput>,
    options: JobRunOptions = {},
  ): Promise<JobResult<TPosition>> {
    if (this.#running !== undefined) {
      const problem = `"${this.#settings.id}" is running, and one run at a time may`;
      return Promise.reject(new TypeError(`Cannot run the job: ${problem}`));
    }
    const over = this.#running = createDeferred<void>();
    const running = this.#begin(source, sink, options).finally(() => {
      this.#running = undefined;
      over.resolve();
    });
    // The cast: the positions are those that this source has given.
    return running as Promise<JobResult<TPosition>>;
  }

  async #begin(source: object, sink: JobSink<TOutput>, options: JobRunOptions): Promise<JobResult> {
    const { store } = this.#settings;
    const rule = "a source with positions, as positioned() makes it";
    requireMethods(RUN_JOB, "its source", source, ["open"], rule);
    const settings = resolveRunOptions(RUN_JOB.operator, options, RUN_OPTIONS);
    const { signal, closeTimeoutMs } = settings;
    const opened = openSink(sink as JobSink<never>, store);
    if (signal?.aborted) throw readReason(signal);
    this.#isStopDue = false;
    const waits = this.#waits = new Waits(closeTimeoutMs);
    const onAbort = () => {
      const reason = readReason(signal!);
      if (this.#run === undefined) waits.end(reason);
      else this.#run.fail(reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#runOwned({ source, sink: opened, waits }, settings);
    } catch (error) {
      if (error !== STOPPED) throw error;
      this.#progress = NO_PROGRESS;
      return { status: "stopped", acked: 0, deadLettered: 0, resumedFrom: undefined, commits: 0 };
    } finally {
      signal?.removeEventListener("abort", onAbort);
      waits.dispose();
      this.#waits = undefined;
    }
  }

  /** Acquires the job in its store, runs it, and gives it back; rejects with `STOPPED` before that. */
  async #runOwned(
    parts: Pick<ModeRunParts, "source" | "sink" | "waits">,
    { signal, errorsTo, closeTimeoutMs, observer }: RunSettings,
  ): Promise<JobResult> {
    const { mode, ...settings } = this.#settings;
    const session = await Session.open({ ...settings, mode: mode.name, waits: parts.waits });
    try {
      const closing = new AbortController();
      const runParts: ModeRunParts = {
        ...settings,
        ...parts,
        createRun: (...given) => this.#latest = this.#blueprint.createRun(...given),
        session,
        sourceSignal: closing.signal,
        errorSink: errorsTo && openErrorSink(errorsTo),
        options: { closeTimeoutMs, observer },
      };
      const run = this.#run = mode.createRun(runParts);
      if (this.#isStopDue) run.stop(0);
      if (signal?.aborted) run.fail(readReason(signal));
      const result = await runAndClose(run, runParts, closing);
      await session.release().catch((error) => {
        throw signal?.aborted ? readReason(signal) : error;
      });
      return result;
    } catch (error) {
      await session.giveUp(error);
      throw error;
    } finally {
      this.#progress = this.#run?.progress() ?? NO_PROGRESS;
      this.#metadata = this.#latest?.readMetadata();
      this.#run = undefined;
    }
  }

  async stop(options: { readonly deadlineMs?: number | undefined } = {}): Promise<void> {
    const subject = { operator: "stop the job" };
    requireKnownOptions(subject, options, ["deadlineMs"]);
    const { deadlineMs = DEFAULT_CLOSE_TIMEOUT_MS } = options;
    requireNumber(subject, "deadlineMs", deadlineMs, 0);
    if (this.#running === undefined) return;
    this.#isStopDue = true;
    if (this.#run === undefined) this.#waits?.stopIn(deadlineMs);
    else this.#run.stop(deadlineMs);
    await this.#running.promise;
  }

  progress(): JobProgress {
    return this.#run?.progress() ?? this.#progress;
  }

  async getMetadata(): Promise<JobMetadata> {
    await this.#running?.promise;
    if (this.#metadata !== undefined) return { ...this.#metadata, progress: this.#progress };
    throw new Error(`Cannot get metadata: the job "${this.#settings.id}" has not run its pipeline`);
  }
}

/** Runs to the end; everything is closed when it resolves or rejects. */
async function runAndClose(
  run: ModeRun,
  { sink, errorSink, waits }: ModeRunParts,
  closing: AbortController,
): Promise<JobResult> {
  const close = async () => {
    closing.abort(OVER);
    try {
      await run.close();
    } finally {
      sink.close();
      await waits.close("errorsTo", errorSink?.end(undefined));
    }
  };
  let result: JobResult;
  try {
    result = await run.run();
  } catch (error) {
    // A failure of the clean-up is not reported: `error` is the root.
    await close().catch(() => {});
    throw error;
  }
  await close();
  return result;
}

const NO_PROGRESS: JobProgress = {
  committed: undefined,
  unackedCount: 0,
  oldestUnackedMs: 0,
  sparseCount: 0,
  commits: 0,
};
