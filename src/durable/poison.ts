import { callSink } from "../internal/sinks.ts";
import {
  requireFunction,
  requireInteger,
  requireKnownOptions,
  type Subject,
} from "../internal/validation.ts";

/**
 * What becomes of an item that fails again and again.
 *
 * @category Durable runs
 */
export interface PoisonOptions {
  /** How often an item is tried, over all runs of the job: a positive integer. */
  readonly attempts: number;
  /** Takes an item that has failed that often; then it counts as done. */
  readonly to: (letter: DeadLetter) => unknown;
}

/**
 * An item that has failed too often.
 *
 * @category Durable runs
 */
export interface DeadLetter {
  /** The item, as the source gave it. */
  readonly item: unknown;
  /** Where it is in the source. */
  readonly position: unknown;
  /** How often it was tried. */
  readonly attempts: number;
  /** What it has failed with at last. */
  readonly error: unknown;
}

/** Throws unless the options are valid. */
export function requirePoison(subject: Subject, poison: PoisonOptions): void {
  requireKnownOptions(subject, poison, ["attempts", "to"], "poison");
  requireInteger(subject, "poison.attempts", poison.attempts, 1);
  requireFunction(subject, "poison.to", poison.to);
}

/** Gives an item to the dead letters; a promise is waited for. */
export function giveLetter(poison: PoisonOptions, letter: DeadLetter): unknown {
  return callSink((given) => poison.to(given))(letter);
}
