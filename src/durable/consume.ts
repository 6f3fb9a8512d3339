import type { RunOptions } from "../base/options.ts";
import type { PipelineOf } from "../base/types.ts";
import type { Blueprint } from "../core/blueprint.ts";
import { requireBlueprint } from "../core/pipeline.ts";
import { resolveRunOptions, type RunSettings } from "../core/run_options.ts";
import { clock } from "../internal/clock.ts";
import { readReason } from "../internal/signals.ts";
import { requireMethods, requireNumber } from "../internal/validation.ts";
import type { AckSource } from "./ack_source.ts";
import { Entries, type Entry, requireEntries } from "./_entries.ts";
import { CONSUME } from "./_errors.ts";
import { Feeder } from "./_feeder.ts";
import { Passes } from "./_passes.ts";
import { openPlainSink, type OpenSink } from "./_sink.ts";
import { giveLetter, type PoisonOptions, requirePoison } from "./poison.ts";
import { RecordReader, requireDelivery } from "./_records.ts";
import { LEVELS, requireTraced } from "./_refused.ts";
import { watchForRoom } from "./_stuck.ts";
import { OVER, Waits } from "./_waits.ts";

/**
 * Options of `consume`.
 *
 * @category Durable runs
 */
export interface ConsumeOptions
  extends Pick<RunOptions, "signal" | "stop" | "closeTimeoutMs" | "observer"> {
  /**
   * After how many failed deliveries an item is a dead letter, and what takes it; then it is
   * acknowledged. By default the queue has to know what to do with it.
   */
  readonly poison?: PoisonOptions | undefined;
  /** How long an item that has failed is kept back before it comes again, in milliseconds. @default {0} */
  readonly nackDelayMs?: number | undefined;
  /**
   * The time after which an item that is being worked on is extended, in milliseconds. Never by
   * default.
   */
  readonly extendMs?: number | undefined;
}

/**
 * What became of the items of a queue.
 *
 * @category Durable runs
 */
export interface ConsumeResult {
  /** How many were acknowledged. */
  readonly acked: number;
  /** How many were given back because they have failed. */
  readonly nacked: number;
  /** How many were given to `poison.to`; they are acknowledged as well. */
  readonly deadLettered: number;
}

const OPTIONS = [
  "signal",
  "stop",
  "closeTimeoutMs",
  "observer",
  "poison",
  "nackDelayMs",
  "extendMs",
];

/**
 * Runs a pipeline over a queue, and acknowledges each item when all that was made of it was taken by
 * `sink`, or dropped by a stage.
 *
 * An item on which a stage or the sink fails is given back, and the others go on: what was in
 * progress is done again. Where a stage that makes one item of several has failed, each of them is
 * tried by itself. So items come at least once. What is in progress when it ends early is given
 * back.
 *
 * Resolves when the source has ended, or `stop` is aborted and all that was in flight is out.
 *
 * @typeParam TInput The items of the queue.
 * @typeParam TOutput The items that come out.
 * @param pipeline A pipeline whose stages have no states; the others are refused.
 * @param source The queue.
 * @param sink Takes each item that comes out; a promise is waited for before the next one.
 * @throws {TypeError | RangeError} If an option is not valid, or a stage does not say what its outputs
 * were made of.
 * @throws The reason of `signal`; what the source, `ack` or `nack` throw; what fails without an item;
 * a `DurableError` where a stage keeps an item for ever.
 * @category Durable runs
 *
 * @example A queue in memory
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { consume } from "@headrace/pipeline/durable";
 * import { assertEquals } from "@std/assert";
 *
 * const acked: string[] = [];
 * const queue = {
 *   async *open() {
 *     for (const item of ["ada", "bob"]) {
 *       yield { item, attempts: 1, ack: () => void acked.push(item), nack() {}, extend() {} };
 *     }
 *   },
 * };
 * const pipeline = StreamingPipeline.start<string>().map("greet", (name) => `Hello ${name}`);
 * const greetings: string[] = [];
 *
 * await consume(pipeline, queue, (greeting) => void greetings.push(greeting));
 *
 * assertEquals([greetings, acked], [["Hello ada", "Hello bob"], ["ada", "bob"]]);
 * ```
 */
export async function consume<TInput, TOutput>(
  pipeline: PipelineOf<TInput, TOutput>,
  source: AckSource<TInput>,
  sink: ((item: TOutput) => unknown) | WritableStream<TOutput>,
  options: ConsumeOptions = {},
): Promise<ConsumeResult> {
  const blueprint = requireBlueprint(CONSUME.operator, pipeline);
  requireTraced(CONSUME.operator, { stages: blueprint.stages, levels: LEVELS });
  requireMethods(CONSUME, "its source", source, ["open"], "an object with open");
  const settings = resolveRunOptions(CONSUME.operator, options, OPTIONS);
  const { poison, nackDelayMs = 0, extendMs } = options;
  requireNumber(CONSUME, "nackDelayMs", nackDelayMs, 0);
  if (extendMs !== undefined) requireNumber(CONSUME, "extendMs", extendMs, 1);
  if (poison !== undefined) requirePoison(CONSUME, poison);
  const { signal } = settings;
  if (signal?.aborted) throw readReason(signal);
  const consumer = new Consumer({
    blueprint,
    source,
    sink: openPlainSink(sink as WritableStream<never>),
    settings,
    poison,
    nackDelayMs,
    extendMs,
  });
  return await consumer.run();
}

interface ConsumerParts {
  readonly blueprint: Blueprint;
  readonly source: AckSource<unknown>;
  readonly sink: OpenSink;
  readonly settings: RunSettings;
  readonly poison: PoisonOptions | undefined;
  readonly nackDelayMs: number;
  readonly extendMs: number | undefined;
}

/** One run over a queue. */
class Consumer {
  readonly #parts: ConsumerParts;
  readonly #aborting: AbortController = new AbortController();
  readonly #entries: Entries = new Entries(requireEntries(CONSUME.operator, undefined));
  readonly #feeder: Feeder;
  readonly #passes: Passes;
  readonly #waits: Waits;
  /** Pending calls of `ack` and `nack`. */
  readonly #pendingCalls: Set<Promise<unknown>> = new Set();
  readonly #result = { acked: 0, nacked: 0, deadLettered: 0 };
  #stopTimer: (() => void) | undefined;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    const { blueprint, source, sink, settings: { closeTimeoutMs, observer } } = parts;
    this.#waits = new Waits(closeTimeoutMs);
    this.#feeder = new Feeder({
      readRecord: (value) => {
        const delivery = requireDelivery(value);
        return { item: delivery.item, position: undefined, delivery };
      },
      reader: new RecordReader(source.open(this.#aborting.signal), closeTimeoutMs),
      entries: this.#entries,
      unchanged: undefined,
      onUnchanged: () => {},
      onFull: () => watchForRoom(CONSUME.operator, CONSUME.operator, this.#entries, this.#passes),
    });
    this.#passes = new Passes({
      operator: CONSUME.operator,
      createRun: blueprint.createRun.bind(blueprint),
      feeder: this.#feeder,
      sink,
      waits: this.#waits,
      options: { closeTimeoutMs, observer },
      admit: (stages) => requireTraced(CONSUME.operator, { stages }),
      onDone: (entry, failure) =>
        failure === undefined ? this.#ack(entry) : void this.#settleFailed(entry, failure),
      onAsked: () => undefined,
      onFailed: async (entry, error) => await this.#settleFailed(entry, error),
    });
  }

  async run(): Promise<ConsumeResult> {
    const { signal, stop, closeTimeoutMs } = this.#parts.settings;
    const onAbort = () => this.#passes.fail(readReason(signal!));
    const onStop = () => this.#passes.stop(closeTimeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    if (stop?.aborted) onStop();
    stop?.addEventListener("abort", onStop, { once: true });
    this.#extendLater();
    try {
      await this.#passes.run();
      await this.#settleCalls();
    } catch (error) {
      this.#waits.end(error);
      // A failure of the clean-up is not reported: `error` is the root.
      await this.#close().catch(() => {});
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      stop?.removeEventListener("abort", onStop);
    }
    await this.#close();
    return this.#result;
  }

  async #close(): Promise<void> {
    this.#stopTimer?.();
    this.#waits.end(OVER);
    try {
      await this.#giveBack();
    } finally {
      this.#aborting.abort(OVER);
      this.#parts.sink.close();
      await this.#feeder.close();
      this.#waits.dispose();
    }
  }

  #ack(entry: Entry): void {
    if (!this.#leave(entry)) return;
    this.#result.acked++;
    this.#call(() => entry.delivery!.ack());
  }

  /** Marks the entry as done; false where it was already. */
  #leave(entry: Entry): boolean {
    if (entry.isDone) return false;
    this.#entries.finish(entry);
    return true;
  }

  /** The item comes again, or is given to the dead letters, which are waited for. */
  #settleFailed(entry: Entry, error: unknown): Promise<void> | undefined {
    const { poison, nackDelayMs } = this.#parts;
    const { item, delivery } = entry;
    const attempts = entry.attempts + 1;
    if (!this.#leave(entry)) return undefined;
    if (poison === undefined || attempts < poison.attempts) {
      this.#result.nacked++;
      this.#call(() => delivery!.nack(nackDelayMs));
      return undefined;
    }
    return this.#call(async () => {
      try {
        const letter = { item, position: undefined, attempts, error };
        await this.#waits.work(giveLetter(poison, letter));
      } catch (error) {
        await delivery!.nack();
        if (this.#waits.isEnded) return;
        throw error;
      }
      this.#result.deadLettered++;
      this.#result.acked++;
      await delivery!.ack();
    });
  }

  /** What the queue refuses fails the run. */
  #call(call: () => unknown): Promise<void> {
    const pending: Promise<void> = (async () => void await call())().catch((error) =>
      this.#passes.fail(error)
    )
      .finally(() => this.#pendingCalls.delete(pending));
    this.#pendingCalls.add(pending);
    return pending;
  }

  async #settleCalls(): Promise<void> {
    try {
      await this.#waits.close("The queue", Promise.all(this.#pendingCalls));
    } finally {
      this.#passes.throwFailure();
    }
  }

  /** Items that are not done are delivered again at once, not after a time-out of the queue. */
  async #giveBack(): Promise<void> {
    for (const entry of this.#entries.open()) {
      this.#entries.finish(entry);
      this.#call(() => entry.delivery!.nack());
    }
    await this.#feeder.giveBackUnread((delivery) => this.#call(() => delivery.nack()));
    await this.#settleCalls();
  }

  #extendLater(): void {
    const { extendMs } = this.#parts;
    if (extendMs === undefined) return;
    this.#stopTimer = clock.schedule(() => {
      for (const entry of this.#entries.open()) this.#extend(entry);
      this.#extendLater();
    }, extendMs);
  }

  /** Not waited for: when the item is done, it matters no more whether the queue has answered. */
  async #extend(entry: Entry): Promise<void> {
    try {
      await entry.delivery!.extend();
    } catch (error) {
      if (!entry.isDone) this.#passes.fail(error);
    }
  }
}
