import { isPromiseLike } from "../internal/promises.ts";
import { readProperty } from "../internal/thrown.ts";
import { refuseValue, requireFunction, requireName } from "../internal/validation.ts";
import { ChaosSource } from "./_chaos_source.ts";
import { disturb } from "./_disturb.ts";
import { seededFractions } from "./_seeded.ts";
import { type ChaosOptions, type ChaosStep, requireChaosOptions } from "./chaos_options.ts";

const SUBJECT = { operator: "call chaos" };
const MAX_TURNS = 40;

/**
 * Makes functions and sources late, slow, failing and out of order: always the same for a seed, a name
 * and the number of the call, whatever else happens. Slow answers take time by the library's clock: none
 * on a `TestClock`.
 *
 * @param seed Any number.
 * @param options How much is disturbed, and how.
 * @throws {TypeError | RangeError} If an option is not valid.
 * @category Testing
 *
 * @example A pipeline that keeps its order, however late its calls
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { chaos } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const storm = chaos(7, { late: 0.9, slow: 0 });
 * const load = storm.wrap("load", (id: number) => `document ${id}`);
 * const pipeline = StreamingPipeline.start<number>().map("load", load, { concurrencyLimit: 3 });
 *
 * assertEquals(await pipeline.executeToArray([1, 2]), ["document 1", "document 2"]);
 * ```
 */
export function chaos(seed: number, options: ChaosOptions = {}): Chaos {
  if (typeof seed !== "number") refuseValue(SUBJECT, "seed", "a number", seed);
  requireChaosOptions(SUBJECT, options);
  return new Chaos(seed, options);
}

/**
 * What disturbs functions and sources; `chaos` makes it.
 *
 * @category Testing
 *
 * @example What was disturbed
 * ```ts
 * import { chaos } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const storm = chaos(1, { late: 1, slow: 0 });
 * await storm.wrap("load", (id: number) => id)(7);
 *
 * assertEquals(storm.steps.map(({ id, kind }) => [id, kind]), [["load#0", "late"]]);
 * ```
 */
export class Chaos {
  /** What everything follows from. */
  readonly seed: number;
  /** What was disturbed, in the order in which it was. */
  readonly steps: ChaosStep[] = [];
  readonly #options: ChaosOptions;
  readonly #counts: Map<string, number> = new Map();

  /** Makes it; `chaos` checks the options before. */
  constructor(seed: number, options: ChaosOptions = {}) {
    this.seed = seed;
    this.#options = options;
  }

  /**
   * Makes a function whose answers are disturbed. A call that is not disturbed answers as `call`
   * does, at once or later. A slow one ends when the `signal` of its last argument is aborted, as
   * with a stage's function.
   *
   * @category Testing
   */
  wrap<TArgs extends readonly unknown[], T>(
    name: string,
    call: (...args: TArgs) => T | PromiseLike<T>,
  ): (...args: TArgs) => T | Promise<T> {
    requireName("wrap", name);
    requireFunction({ operator: "wrap" }, "its function", call);
    return (...args) => {
      const step = this.#next(name, false);
      if (step === undefined) {
        const answer = call(...args);
        return isPromiseLike(answer) ? Promise.resolve(answer) : answer;
      }
      const { createFailure } = this.#options;
      return disturb(step, createFailure, readSignal(args.at(-1))).then(() => call(...args));
    };
  }

  /**
   * Makes a source whose answers are disturbed. It is read once; closing it waits for no item.
   *
   * @category Testing
   */
  source<T>(name: string, items: Iterable<T> | AsyncIterable<T>): AsyncIterable<T> {
    requireName("call source", name);
    return new ChaosSource(items, () => this.#next(name, true), this.#options.createFailure);
  }

  /** What the next call of that name is disturbed by, if by anything. */
  #next(name: string, isSource: boolean): ChaosStep | undefined {
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    const step = this.#decide(`${name}#${count}`, isSource);
    if (step !== undefined) this.steps.push(step);
    return step;
  }

  #decide(id: string, isSource: boolean): ChaosStep | undefined {
    const { late = 0.3, slow = 0.1, slowMs = 100, fail = 0, reorder = 0, only } = this.#options;
    if (only !== undefined && !only.includes(id)) return undefined;
    const draw = seededFractions(this.seed, id);
    // Each is drawn by itself, so that the share of one changes nothing of the others.
    if (draw() < fail) return { id, kind: "fail", amount: 0 };
    if (draw() < slow) return { id, kind: "slow", amount: Math.ceil(draw() * slowMs) };
    if (draw() < late) return { id, kind: "late", amount: 1 + Math.floor(draw() * MAX_TURNS) };
    if (isSource && draw() < reorder) return { id, kind: "reorder", amount: 0 };
    return undefined;
  }
}

function readSignal(context: unknown): AbortSignal | undefined {
  const signal = readProperty(context, "signal") as AbortSignal | undefined;
  return typeof readProperty(signal, "addEventListener") === "function" ? signal : undefined;
}
