import { plural } from "./_same.ts";
import type { CheckpointStore } from "../durable/checkpoint_store.ts";
import type { DurableJob } from "../durable/job.ts";
import type { PositionedSource } from "../durable/positioned_source.ts";
import { positioned } from "../durable/positioned.ts";
import { transactional } from "../durable/transactional.ts";
import {
  describe,
  refuse,
  refuseValue,
  requireFunction,
  requireKnownOptions,
  requireOneOf,
} from "../internal/validation.ts";
import { waitTurns } from "../internal/promises.ts";
import { readProperty } from "../internal/thrown.ts";
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
  requireJob(job);
  const { kills = 1 } = job;
  const whole = await live(job, []);
  const points = whole.points;
  let runs = 0;
  let duplicates = 0;
  const tryKills = async (killAt: readonly number[]) => {
    const { outputs, points } = await live(job, killAt);
    duplicates += check(job, whole.outputs, outputs, killAt);
    runs++;
    return points;
  };
  for (let first = 1; first <= points; first++) {
    const left = await tryKills([first]);
    if (kills === 1) continue;
    for (let second = 1; second <= left; second++) await tryKills([first, second]);
  }
  return { points, runs, duplicates };
}

function requireJob<TInput, TOutput>(job: KilledJob<TInput, TOutput>): void {
  requireKnownOptions(SUBJECT, job, OPTIONS);
  const { createJob, items, kills = 1, sink = "transactional", order = "same", ...rest } = job;
  requireFunction(SUBJECT, "createJob", createJob);
  if (!Array.isArray(items)) {
    refuseValue(SUBJECT, "items", "an array", items);
  }
  if (kills !== 1 && kills !== 2) {
    refuseValue(SUBJECT, "kills", "1 or 2", kills);
  }
  requireOneOf(SUBJECT, "sink", sink, ["transactional", "plain"]);
  requireOneOf(SUBJECT, "order", order, ["same", "any"]);
  for (const name of ["createWorld", "compare"] as const) {
    if (rest[name] !== undefined) requireFunction(SUBJECT, name, rest[name]);
  }
}

/** Throws unless `value` has a method of that name. */
function requireMethod(what: string, value: unknown, name: string): void {
  if (typeof readProperty(value, name) === "function") return;
  refuseValue(SUBJECT, what, `an object with ${name}()`, value);
}

function requireProcess<TOutput>(
  opened: KilledProcess<TOutput>,
  sink: string,
): KilledProcess<TOutput> {
  const store = readProperty(opened, "store");
  for (const name of ["acquire", "save", "release"]) {
    requireMethod("the store of a process", store, name);
  }
  if (sink === "plain") return opened;
  requireMethod("the store of a process", store, "commit");
  requireMethod("a process", opened, "write");
  return opened;
}

/** What all processes together have made, and how many points the last one had. */
interface Lived<TOutput> {
  /** By process. */
  readonly outputs: readonly (readonly TOutput[])[];
  readonly points: number;
}

/** Runs the job to its end, in processes of which each is killed at one of the points. */
async function live<TInput, TOutput>(
  job: KilledJob<TInput, TOutput>,
  killAt: readonly number[],
): Promise<Lived<TOutput>> {
  const { createWorld = createMemoryWorld<TOutput>, sink = "transactional" } = job;
  const world = await createWorld();
  for (const name of sink === "plain" ? ["open"] : ["open", "read"]) {
    requireMethod("what createWorld returns", world, name);
  }
  const taken: TOutput[] = [];
  const readOutputs = async () => sink === "plain" ? taken : await world.read!();
  const outputs: TOutput[][] = [];
  let before = 0;
  try {
    for (const point of [...killAt, Infinity]) {
      const opened = requireProcess(await world.open(), sink);
      let life: Life;
      try {
        life = await liveOnce(job, opened, taken, point);
      } finally {
        await opened.end?.();
      }
      const all = await readOutputs();
      outputs.push(all.slice(before));
      before = all.length;
      if (!life.isKilled) return { outputs, points: life.points };
    }
  } finally {
    await world.close?.();
  }
  throw new Error("A process that was not killed has not ended");
}

async function liveOnce<TInput, TOutput>(
  { createJob, createWorld, items, sink = "transactional" }: KilledJob<TInput, TOutput>,
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
    requireMethod("what createJob returns", job, "run");
    const running = job.run(
      source,
      sink === "transactional"
        // The cast: `write` gets the transaction of its own store.
        ? transactional(
          store,
          opened.write!.bind(opened) as (items: readonly TOutput[]) => Promise<void>,
        )
        : (item) => life.act(() => void taken.push(item)),
    );
    try {
      // Effects on a world outside of memory take turns of the event loop.
      const progress = createWorld === undefined
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

/** How many items came out twice; throws where one is missing, wrong or out of its place. */
function check<TInput, TOutput>(
  { sink = "transactional", order, compare = (outputs) => outputs }: KilledJob<TInput, TOutput>,
  whole: Lived<TOutput>["outputs"],
  lives: Lived<TOutput>["outputs"],
  killAt: readonly number[],
): number {
  const expected = compare(whole.flat()).map(toText);
  const found = lives.map((outputs) => compare(outputs).map(toText));
  const where = `killed at ${killAt.join(" and ")}`;
  if (order === "any") {
    const duplicates = countDuplicates(expected, found.flat(), where);
    if (sink === "plain" || duplicates === 0) return duplicates;
    throw new Error(`${where}: ${plural(duplicates)} came out twice`);
  }
  let made = 0;
  for (const outputs of found) {
    // A process goes on at an item that came out before, or at the next one.
    const isNext = (from: number) => outputs.every((text, at) => expected[from + at] === text);
    let from = made;
    while (sink === "plain" && from > 0 && !isNext(from)) from--;
    if (!isNext(from)) {
      throw new Error(`${where}: [${outputs}] came out after ${made} of [${expected}]`);
    }
    made = Math.max(made, from + outputs.length);
  }
  if (made < expected.length) throw new Error(`${where}: only ${made} of [${expected}] came out`);
  return found.flat().length - expected.length;
}

/** How many items were found more than once; throws where one is missing, or wrong. */
function countDuplicates(
  expected: readonly string[],
  found: readonly string[],
  where: string,
): number {
  const left = [...found];
  for (const text of expected) {
    const at = left.indexOf(text);
    if (at < 0) throw new Error(`${where}: ${text} did not come out`);
    left.splice(at, 1);
  }
  const wrong = left.find((text) => !expected.includes(text));
  if (wrong !== undefined) throw new Error(`${where}: ${wrong} came out, and is not expected`);
  return left.length;
}

/** The text of an item, for comparisons: values that differ have texts that differ. */
function toText(item: unknown): string {
  return JSON.stringify(item, (_, value: unknown) => {
    if (typeof value === "number") return hasForm(value) ? value : tag("number", show(value));
    if (typeof value === "bigint") return tag("bigint", String(value));
    if (value === undefined || typeof value === "symbol") return tag(typeof value, String(value));
    if (value instanceof Map) return tag("Map", [...value]);
    if (value instanceof Set) return tag("Set", [...value]);
    if (value instanceof Error) return tag("Error", [value.name, value.message]);
    return value;
  }) ?? describe(item);
}

function tag(kind: string, of: unknown): object {
  return { $: kind, of };
}

/** Whether JSON has a form for a number. */
function hasForm(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function show(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
