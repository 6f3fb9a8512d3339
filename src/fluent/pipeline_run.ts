import { readReason } from "../internal/signals.ts";
import type { ItemIterator } from "../core/items.ts";
import { openErrorChannel } from "../parts/error_channel.ts";
import { Metrics } from "../parts/metrics.ts";
import type { Run } from "../core/run.ts";
import { createReadable } from "../parts/web_streams.ts";
import type { FailedItem } from "../base/errors.ts";
import type { ObservedRun } from "../base/observer.ts";
import type { StopOptions } from "../base/options.ts";
import type { PipelineMetadata, RunMetrics } from "../base/metadata_types.ts";
import { requireKnownOptions, requireNumber } from "../internal/validation.ts";

const SUBJECT = { operator: "stop" };

/**
 * One execution of a pipeline: the object behind all ways to consume it.
 *
 * It is read once, either as an async iterable or through `readable`. Nothing happens before the
 * first item is asked for. With `await using` it is closed at the end of the block, whatever
 * happens in it.
 *
 * @typeParam T The type of the items that come out.
 * @category Pipelines
 *
 * @example Closing a run at the end of a block
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().map("double", (number) => number * 2);
 * let first: number | undefined;
 * {
 *   await using run = pipeline.run([1, 2, 3]);
 *   for await (const number of run) {
 *     first = number;
 *     break;
 *   }
 * }
 * assertEquals(first, 2);
 * ```
 */
export class PipelineRun<T> implements AsyncIterable<T>, AsyncDisposable, ObservedRun {
  readonly #run: Run;
  readonly #items: ItemIterator;
  #readable: ReadableStream<T> | undefined;

  /** Made by `StreamingPipeline.run`. */
  constructor(run: Run) {
    this.#run = run;
    this.sourceCount = run.sourceCount;
    this.#items = run.items();
  }

  /**
   * The run's trace id: 16 bytes in lower-case hex (W3C Trace Context).
   *
   * @category Watching
   */
  get traceId(): string {
    return this.#run.traceId;
  }

  /**
   * The items as a web stream that computes each when it is read; the same one each time.
   *
   * @category Reading
   */
  get readable(): ReadableStream<T> {
    return this.#readable ??= createReadable(() => this.#items) as ReadableStream<T>;
  }

  /**
   * The items on which stages with `SPLIT_ERRORS` have failed, as they fail; ends with the run.
   * While it is read it slows the run to its reader; while it is not, it holds `errorBuffer` items
   * and then fails the run with the code `ERROR_CHANNEL_FULL`.
   *
   * @category Reading
   *
   * @example Reading what failed beside what did not
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .map("parsed", (text) => JSON.parse(text) as number, { errorStrategy: "SPLIT_ERRORS" });
   *
   * await using run = pipeline.run(["1", "two", "3"]);
   * const [numbers, failed] = await Promise.all([
   *   Array.fromAsync(run),
   *   Array.fromAsync(run.errors, ({ key, item }) => `${key}: ${item}`),
   * ]);
   * assertEquals([numbers, failed], [[1, 3], ["parsed: two"]]);
   * ```
   */
  get errors(): AsyncIterable<FailedItem> {
    return this.#run.errorsBy(openErrorChannel);
  }

  /**
   * Snapshots while the run lives, one each `metricsIntervalMs` and a last one at its end: counts,
   * rates, and what each stage waits for. Each `for await` over it has its own; no timer runs
   * without a reader.
   *
   * @category Watching
   */
  get metrics(): AsyncIterable<RunMetrics> {
    return { [Symbol.asyncIterator]: () => new Metrics(this.#run) };
  }

  /**
   * What is known of the run at this moment.
   *
   * @category Watching
   */
  metadata(): PipelineMetadata {
    return this.#run.readMetadata();
  }

  /**
   * Resolves with the final metadata when the run is over, however it ends; never rejects. A run that is
   * neither read nor closed is never over.
   *
   * @category Watching
   */
  get ended(): Promise<PipelineMetadata> {
    return this.#run.finalMetadata;
  }

  /**
   * How many items its source has, where that is known: the length of an array.
   *
   * @category Watching
   */
  readonly sourceCount: number | undefined;

  /**
   * Ends the run. A pending read rejects with `reason`.
   *
   * @param reason What the reader's promise is rejected with; an `AbortError` by default.
   * @returns Resolves when everything is closed and no function of the pipeline runs any more.
   * @category Ending
   */
  abort(reason?: unknown): Promise<void> {
    return this.#run.abort(readReason({ reason }));
  }

  /**
   * Ends the run in good order, without a rejection: its sources are asked no more and closed, what is
   * in flight comes out, then what stages hold, such as the rest of a batch.
   *
   * The reader must keep reading: a run ends as its reader takes the items. At the deadline
   * running calls are aborted and their items abandoned; what is finished still comes out, within
   * `closeTimeoutMs`. What has not come out by then is abandoned. Where nothing was asked for yet, the
   * run is closed. A failure on the way rejects as ever. Of several calls the first one counts.
   *
   * @param options How long what is in flight may take.
   * @returns Resolves when the run is over, however it ends: the status is `stopped` where it was
   * neither aborted nor failed.
   * @throws {TypeError | RangeError} If an option is not valid.
   * @category Ending
   *
   * @example Stopping a consumer that has no end
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * async function* messages() {
   *   for (let id = 0;; id++) yield id;
   * }
   *
   * const run = StreamingPipeline.start<number>().batch("batches", 3).run(messages());
   * let stopping: Promise<void> | undefined;
   * const stored: number[][] = [];
   * for await (const batch of run) {
   *   stored.push(batch);
   *   if (stored.length === 2) stopping = run.stop({ deadlineMs: 1_000 });
   * }
   * await stopping;
   *
   * assertEquals(stored, [[0, 1, 2], [3, 4, 5]]);
   * assertEquals(run.metadata().status, "stopped");
   * ```
   */
  stop(options: StopOptions = {}): Promise<void> {
    requireKnownOptions(SUBJECT, options, ["deadlineMs"]);
    const { deadlineMs } = options;
    if (deadlineMs !== undefined) requireNumber(SUBJECT, "deadlineMs", deadlineMs, 0);
    return this.#run.stop(deadlineMs);
  }

  /**
   * The items; the same iterator each time.
   *
   * @category Reading
   */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return this.#items as AsyncGenerator<T, void, undefined>;
  }

  /**
   * Closes the run, as the end of an `await using` block does.
   *
   * @category Ending
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#items.return();
  }
}
