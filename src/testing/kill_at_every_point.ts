import type { CheckpointStore } from "../durable/checkpoint_store.ts";
import type { DurableJob } from "../durable/job.ts";
import type { PositionedSource } from "../durable/positioned_source.ts";
import { positioned } from "../durable/positioned.ts";
import { transactional } from "../durable/transactional.ts";
import {
  refuse,
  refuseValue,
  requireFunction,
  requireKnownOptions,
  requireMethods,
  requireOneOf,
} from "../internal/validation.ts";
import { waitTurns } from "../internal/promises.ts";
import { readProperty } from "../internal/thrown.ts";
import { type CompareSettings, countDuplicates } from "./_duplicates.ts";
import { createMemoryWorld, Life, readIn, storeIn } from "./_life.ts";
import type { KilledProcess, KilledWorld } from "./killed_world.ts";
import { TestClock } from "./test_clock.ts";

/**
 * A job to be killed.
 *
 * @typeParam TInput The items of its source.
 * @typeParam TOutput The items that come out.
 * @category Testing
 */
export interface KilledJob<TInput, TOutput> {
  /** Makes the job in a new process: with this store, the same id, and nothing kept from before. */
  readonly createJob: (store: CheckpointStore) => DurableJob<TInput, TOutput>;
  /** What its source has, the same for each process. */
  readonly items: readonly TInput[];
  /** How often it is killed before it may end: at each point, or at each pair of points. @default {1} */
  readonly kills?: 1 | 2 | undefined;
  /**
   * What takes the items. `transactional`: they are committed with the checkpoint, and each must
   * come out once. `plain`: each must come out at least once. @default {"transactional"}
   */
  readonly sink?: "transactional" | "plain" | undefined;
  /**
   * Whether items come out in the same order each time. `any` is for jobs in the mode `acks`, which
   * do not repeat what was done before an earlier item. @default {"same"}
   */
  readonly order?: "same" | "any" | undefined;
  /**
   * Makes what outlives the processes, anew for each run: the files or the database of the store. By
   * default it is in memory.
   */
  readonly createWorld?:
    | (() => KilledWorld<TOutput> | PromiseLike<KilledWorld<TOutput>>)
    | undefined;
  /**
   * What is compared, made of all items that have come out: the items themselves by default, by what
   * they hold. For items that depend on the time, such as batches by time, and objects of classes whose
   * state is private.
   */
  readonly compare?: ((outputs: readonly TOutput[]) => readonly unknown[]) | undefined;
}

/**
 * What all the kills have shown.
 *
 * @category Testing
 */
export interface KillReport {
  /** How many points a process has that is not killed: before and after each effect. */
  readonly points: number;
  /** How often the job was run from its beginning to its end, killed in between. */
  readonly runs: number;
  /** Items that came out more than once: 0 with a transactional sink. */
  readonly duplicates: number;
}

const SUBJECT = { operator: "killAtEveryPoint" };
/** Turns of the microtask queue after which a killed process has reached its next effect. */
const LEFT_TURNS = 500;
const OPTIONS = ["createJob", "items", "kills", "sink", "order", "createWorld", "compare"];

/**
 * Kills a job at every point at which a process can be killed, and has another process go on; counts
 * what comes out. A point is before and after each effect: an item read, one taken by the sink, a
 * checkpoint saved, a transaction, the acquisition and the release. It is deterministic, takes no
 * time, and runs on any runtime.
 *
 * @typeParam TInput The items of its source.
 * @typeParam TOutput The items that come out.
 * @param job What is killed.
 * @returns How much was tried.
 * @throws {TypeError} Rejects if an option is not valid.
 * @throws {Error} Rejects with the first kill after which an item is missing, wrong, in another
 * place, or twice where it must not be; or after which the job hangs.
 * @category Testing
 *
 * @example Nothing is lost
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { durable } from "@headrace/pipeline/durable";
 * import { killAtEveryPoint } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const totals = StreamingPipeline.start<number>().scan("total", (total, n) => total + n, 0);
 * const { duplicates } = await killAtEveryPoint({
 *   createJob: (store) =>
 *     durable(totals, { id: "totals", mode: "snapshots", store, commit: { items: 2 } }),
 *   items: [1, 2, 3],
 * });
 *
 * assertEquals(duplicates, 0);
 * ```
 */
export async function killAtEveryPoint<TInput, TOutput>(
  job: KilledJob<TInput, TOutput>,
): Promise<KillReport> {
  const settings = resolveJob(job);
  const whole = await live(settings, []);
  const points = whole.points;
  let runs = 0;
  let duplicates = 0;
  const tryKills = async (killAt: readonly number[]) => {
    const { outputs, points } = await live(settings, killAt);
    duplicates += countDuplicates(settings, whole.outputs, outputs, killAt);
    runs++;
    return points;
  };
  for (let first = 1; first <= points; first++) {
    const left = await tryKills([first]);
    if (settings.kills === 1) continue;
    for (let second = 1; second <= left; second++) await tryKills([first, second]);
  }
  return { points, runs, duplicates };
}

/** A job to be killed, with all options. */
interface KillSettings<TInput, TOutput> extends CompareSettings<TOutput> {
  readonly createJob: KilledJob<TInput, TOutput>["createJob"];
  readonly items: readonly TInput[];
  readonly kills: 1 | 2;
  readonly createWorld: NonNullable<KilledJob<TInput, TOutput>["createWorld"]>;
  /** Whether the world is in memory, where effects take no turns of the event loop. */
  readonly isInMemory: boolean;
}

function resolveJob<TInput, TOutput>(
  job: KilledJob<TInput, TOutput>,
): KillSettings<TInput, TOutput> {
  requireKnownOptions(SUBJECT, job, OPTIONS);
  const { createJob, items, kills = 1, sink = "transactional", order = "same" } = job;
  const { createWorld, compare } = job;
  requireFunction(SUBJECT, "createJob", createJob);
  if (!Array.isArray(items)) {
    refuseValue(SUBJECT, "items", "an array", items);
  }
  if (kills !== 1 && kills !== 2) {
    refuseValue(SUBJECT, "kills", "1 or 2", kills);
  }
  requireOneOf(SUBJECT, "sink", sink, ["transactional", "plain"]);
  requireOneOf(SUBJECT, "order", order, ["same", "any"]);
  if (createWorld !== undefined) requireFunction(SUBJECT, "createWorld", createWorld);
  if (compare !== undefined) requireFunction(SUBJECT, "compare", compare);
  return {
    createJob,
    items,
    kills,
    isTransactional: sink === "transactional",
    isOrdered: order === "same",
    createWorld: createWorld ?? createMemoryWorld,
    isInMemory: createWorld === undefined,
    compare: compare ?? ((outputs) => outputs),
  };
}

/** Throws unless `value` has all methods, for the first that is missing. */
function requireEach(what: string, value: unknown, ...names: readonly string[]): void {
  for (const name of names) {
    requireMethods(SUBJECT, what, value, [name], `an object with ${name}()`);
  }
}

/** What all processes together have made, and how many points the last one had. */
interface Lived<TOutput> {
  /** By process. */
  readonly outputs: readonly (readonly TOutput[])[];
  readonly points: number;
}

/** Runs the job to its end, in processes of which each is killed at one of the points. */
async function live<TInput, TOutput>(
  settings: KillSettings<TInput, TOutput>,
  killAt: readonly number[],
): Promise<Lived<TOutput>> {
  const { createWorld, isTransactional } = settings;
  const world = await createWorld();
  requireEach("what createWorld returns", world, "open", ...isTransactional ? ["read"] : []);
  const taken: TOutput[] = [];
  const outputs: TOutput[][] = [];
  let before = 0;
  try {
    for (const point of [...killAt, Infinity]) {
      const opened = requireProcess(await world.open(), isTransactional);
      let life: Life;
      try {
        life = await liveOnce(settings, opened, taken, point);
      } finally {
        await opened.end?.();
      }
      const all = isTransactional ? await world.read!() : taken;
      outputs.push(all.slice(before));
      before = all.length;
      if (!life.isKilled) return { outputs, points: life.points };
    }
  } finally {
    await world.close?.();
  }
  throw new Error("A process that was not killed has not ended");
}

function requireProcess<TOutput>(
  opened: KilledProcess<TOutput>,
  isTransactional: boolean,
): KilledProcess<TOutput> {
  const store = readProperty(opened, "store");
  requireEach("the store of a process", store, "acquire", "save", "release");
  if (isTransactional) {
    requireEach("the store of a process", store, "commit");
    requireEach("a process", opened, "write");
  }
  return opened;
}

async function liveOnce<TInput, TOutput>(
  { createJob, isInMemory, items, isTransactional }: KillSettings<TInput, TOutput>,
  opened: KilledProcess<TOutput>,
  taken: TOutput[],
  killAt: number,
): Promise<Life> {
  const clock = new TestClock();
  return await clock.use(async () => {
    const life = new Life(killAt);
    const source: PositionedSource<TInput, number> = readIn(life, positioned(items));
    const store = storeIn(life, opened.store);
    const job = createJob(store);
    requireEach("what createJob returns", job, "run");
    const sink = isTransactional
      // The cast: `write` gets the transaction of its own store.
      ? transactional(
        store,
        opened.write!.bind(opened) as (items: readonly TOutput[]) => Promise<void>,
      )
      : (item: TOutput) => life.act(() => void taken.push(item));
    const running = job.run(source, sink);
    try {
      const progress = isInMemory
        ? () => life.points
        : () => life.settled().then(() => life.points);
      await clock.finish(Promise.race([running, life.killed]), progress);
      if (!life.isKilled) await running;
      if (!life.isKilled && !life.hasAcquired) {
        const problem = "createJob must give its job the store that it gets, or no kill is noticed";
        refuse(SUBJECT, problem);
      }
    } finally {
      // The killed process runs on to its next effect, where it stops: it sets no timer afterwards.
      await waitTurns(LEFT_TURNS);
    }
    return life;
  });
}
