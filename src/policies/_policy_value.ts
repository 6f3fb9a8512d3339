/**
 * A policy as its users hold it.
 *
 * @module
 */

import type { ConcurrencyPolicy, Policy, PolicyMetrics, PolicyRunOptions } from "../base/policy.ts";
import { isPromiseLike } from "../internal/promises.ts";
import { readProperty } from "../internal/thrown.ts";
import { requireFunction, requireKnownOptions, requireNumber } from "../internal/validation.ts";
import { callInside } from "./_door.ts";
import { Entrance } from "./_entrance.ts";
import type { Gate } from "./_gate.ts";
import { Part, type PartKind } from "./_part.ts";

const SUBJECT = { operator: "run a call" };
const OPTIONS = ["signal", "input", "cost", "key"];

/** Makes a policy of one rule. */
export function createPolicy<TInput, TGate extends Gate>(kind: PartKind<TGate>): Policy<TInput> {
  return new PolicyValue(new Entrance([new Part(kind) as unknown as Part]));
}

/** Makes a policy of one rule, which says how many calls may run at a time. */
export function createConcurrencyPolicy<TGate extends Gate>(
  kind: PartKind<TGate>,
): ConcurrencyPolicy {
  return new ConcurrencyValue(new Entrance([new Part(kind) as unknown as Part]));
}

/** Makes one policy of several. */
export function createComposite<TInput>(members: readonly Policy[]): Policy<TInput> {
  return new PolicyValue(new Entrance(members.map((each) => each["~admission"] as Entrance)));
}

/** Whether a value is a policy. */
export function isPolicy(value: unknown): value is Policy {
  return readProperty(value, "~admission") instanceof Entrance;
}

class PolicyValue<TInput> implements Policy<TInput> {
  readonly #admission: Entrance;

  constructor(admission: Entrance) {
    this.#admission = admission;
  }

  get "~admission"(): Entrance {
    return this.#admission;
  }

  /** Names it in messages, where it was given in the place of something else. */
  get [Symbol.toStringTag](): string {
    return "Policy";
  }

  get metrics(): PolicyMetrics {
    const { counts, parts } = this["~admission"];
    return { ...counts.read(), parts: parts.map((part) => part.read()) };
  }

  async run<TOutput>(
    call: (signal: AbortSignal) => TOutput | PromiseLike<TOutput>,
    options: PolicyRunOptions<TInput> = {},
  ): Promise<TOutput> {
    requireFunction(SUBJECT, "its call", call);
    requireKnownOptions(SUBJECT, options, OPTIONS);
    const { signal = new AbortController().signal, input, ...given } = options;
    if (given.cost !== undefined) requireNumber(SUBJECT, "cost", given.cost, 0);
    signal.throwIfAborted();
    const entered = this["~admission"].enter(input, { signal }, given);
    const permit = isPromiseLike(entered) ? await entered : entered;
    const attempt = () => {
      signal.throwIfAborted();
      return call(signal);
    };
    return await callInside(permit, attempt) as TOutput;
  }
}

class ConcurrencyValue<TInput> extends PolicyValue<TInput> implements ConcurrencyPolicy<TInput> {
  get limit(): number {
    return this["~admission"].limit!;
  }
}
