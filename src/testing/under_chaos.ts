import {
  refuseNumber,
  requireFunction,
  requireInteger,
  requireNumber,
} from "../internal/validation.ts";
import { show } from "./_same.ts";
import { shrink } from "./_shrink.ts";
import { waitFor } from "./_waiting.ts";
import { Chaos } from "./chaos.ts";
import { type ChaosOptions, type ChaosStep, requireChaosOptions } from "./chaos_options.ts";
import { TestClock } from "./test_clock.ts";

/**
 * How often, and with how much chaos.
 *
 * @category Testing
 */
export interface UnderChaosOptions extends ChaosOptions {
  /** How many seeds are tried, one after the other. @default {100} */
  readonly seeds?: number | undefined;
  /** The first of them, an integer. @default {1} */
  readonly firstSeed?: number | undefined;
  /** The real time after which one run counts as hanging, in milliseconds. @default {1000} */
  readonly waitMs?: number | undefined;
}

/**
 * What was tried.
 *
 * @category Testing
 */
export interface ChaosReport {
  /** How many seeds. */
  readonly runs: number;
  /** How many disturbances, in all of them. */
  readonly disturbances: number;
}

/**
 * What fails under chaos: with the seed, and the fewest steps that make it fail. Its `cause` is what was
 * thrown.
 *
 * @category Testing
 *
 * @example The seed to begin with
 * ```ts
 * import { ChaosError } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new ChaosError("It fails", 17, []);
 *
 * assertEquals(error.seed, 17);
 * ```
 */
export class ChaosError extends Error {
  /** The class's name. */
  override readonly name = "ChaosError";
  /** The seed. */
  readonly seed: number;
  /** The steps without any of which it does not fail. */
  readonly steps: readonly ChaosStep[];

  /** Makes the error. */
  constructor(message: string, seed: number, steps: readonly ChaosStep[], options?: ErrorOptions) {
    super(message, options);
    this.seed = seed;
    this.steps = steps;
  }
}

const SUBJECT = { operator: "underChaos" };
const OWN_OPTIONS = ["seeds", "firstSeed", "waitMs"];

/**
 * Runs a test under chaos, once for each of many seeds, with the library on a clock that takes no
 * time. Where it throws, rejects or hangs, it is run again with fewer and fewer disturbances, until
 * none can be left out; the error names the seed, and these steps.
 *
 * @param body The test. It makes its functions and sources with what it is given, and throws where
 * something is wrong.
 * @param options How often, and with how much chaos.
 * @returns How much was tried.
 * @throws {TypeError | RangeError} Rejects if an option is not valid.
 * @throws {ChaosError} Rejects where the test fails.
 * @category Testing
 *
 * @example Whatever comes late, nothing is lost
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { underChaos } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { runs } = await underChaos(async (chaos) => {
 *   const pipeline = StreamingPipeline.start<number>()
 *     .map("load", chaos.wrap("load", (id: number) => id * 2), {
 *       concurrencyLimit: 3,
 *       retry: { maxAttempts: 10, shouldRetry: () => true },
 *     });
 *
 *   assertEquals(await pipeline.executeToArray(chaos.source("ids", [1, 2, 3])), [2, 4, 6]);
 * }, { late: 0.5 });
 *
 * assertEquals(runs, 100);
 * ```
 */
export async function underChaos(
  body: (chaos: Chaos) => void | Promise<void>,
  options: UnderChaosOptions = {},
): Promise<ChaosReport> {
  requireFunction(SUBJECT, "its function", body);
  requireChaosOptions(SUBJECT, options, OWN_OPTIONS);
  const { seeds = 100, firstSeed = 1, waitMs = 1_000, ...rest } = options;
  requireInteger(SUBJECT, "seeds", seeds, 1);
  if (!Number.isSafeInteger(firstSeed)) {
    refuseNumber(SUBJECT, "firstSeed", "an integer", firstSeed);
  }
  requireNumber(SUBJECT, "waitMs", waitMs, 0);
  const run = async (seed: number, only: readonly string[] | undefined = rest.only) =>
    await runOnce(body, new Chaos(seed, { ...rest, only }), waitMs);
  let disturbances = 0;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const { steps, failure } = await run(seed);
    disturbances += steps.length;
    if (failure === undefined) continue;
    throw await explain(seed, { steps, ...failure }, (only) => run(seed, only));
  }
  return { runs: seeds, disturbances };
}

/** The outcome of one run. */
interface Outcome {
  readonly steps: readonly ChaosStep[];
  readonly failure: { readonly error: unknown } | undefined;
}

async function runOnce(
  body: (chaos: Chaos) => void | Promise<void>,
  chaos: Chaos,
  waitMs: number,
): Promise<Outcome> {
  const clock = new TestClock();
  const run = async () => await body(chaos);
  const hang = () => new Error(`It has not settled within ${waitMs} ms, and no timer is set`);
  const failure = await clock.use(() => waitFor(run(), { clock, waitMs }, hang))
    .then(() => undefined, (error: unknown) => ({ error }));
  return { steps: chaos.steps, failure };
}

/** The error of a run that has failed; `runAgain` runs it with some of its steps. */
async function explain(
  seed: number,
  failed: { readonly steps: readonly ChaosStep[]; readonly error: unknown },
  runAgain: (only: readonly string[]) => Promise<Outcome>,
): Promise<ChaosError> {
  let { error } = failed;
  const needed = await shrink(failed.steps, async (some) => {
    const { failure } = await runAgain(some.map(({ id }) => id));
    if (failure !== undefined) error = failure.error;
    return failure !== undefined;
  });
  if (needed === undefined) {
    const message =
      `It failed with the seed ${seed}, but not when it was run again: it depends on ` +
      `more than chaos: ${show(error)}`;
    return new ChaosError(message, seed, failed.steps, { cause: error });
  }
  if (needed.length === 0) {
    return new ChaosError(`It fails without chaos: ${show(error)}`, seed, [], { cause: error });
  }
  const only = show(needed.map(({ id }) => id));
  const what = needed.map(describe).join(", ");
  const message = `It fails under chaos(${seed}, { only: ${only} }), where ${what}: ${show(error)}`;
  return new ChaosError(message, seed, needed, { cause: error });
}

function describe({ id, kind, amount }: ChaosStep): string {
  if (kind === "late") return `${id} is ${amount} turns late`;
  if (kind === "slow") return `${id} takes ${amount} ms`;
  return kind === "fail" ? `${id} fails` : `${id} comes after the next`;
}
