// What a random run is made of, as data that fits into JSON: a failure prints it, the corpus keeps
// it, and other processes replay it.

import type { StreamingErrorStrategy } from "../../mod.ts";
import type { SourceKind } from "../../src/testing/source_probe.ts";

/** More attempts than any stage makes. */
export const FOR_GOOD = 99;

/** How the function of a stage fails. */
export interface FailureSpec {
  /** It fails on every item whose number is `remainder` modulo `modulus`. */
  readonly modulus: number;
  readonly remainder: number;
  /** How many attempts fail on each of them. */
  readonly times: number;
  /** Whether its failures are such that another attempt may help. */
  readonly passes?: boolean | undefined;
}

/** How a stage works side by side. */
export interface ParallelSpec {
  readonly limit: number;
  readonly ordered: boolean;
  readonly highWaterMark?: number | undefined;
}

/** Policies: one that lets everything begin, one that lets little, and one that takes its time. */
export const POLICY_NAMES = ["admits", "is narrow", "takes time"] as const;

export type PolicyName = (typeof POLICY_NAMES)[number];

/** One stage. */
export interface StageSpec {
  /** Names a row of the table of operators. */
  readonly op: string;
  readonly key: string;
  /** What the operator's sizes and limits are made of. */
  readonly count: number;
  /** Whether its function answers later. */
  readonly isAsync?: boolean | undefined;
  /** Whether calls that wait end when their signal is aborted. */
  readonly obeys?: boolean | undefined;
  readonly parallel?: ParallelSpec | undefined;
  readonly failure?: FailureSpec | undefined;
  readonly strategy?: StreamingErrorStrategy | undefined;
  readonly maxAttempts?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly policy?: PolicyName | undefined;
  /** The other source of a stage that reads one. */
  readonly other?: InputSpec | undefined;
  /** The pipelines of groups and branches. */
  readonly inner?: readonly (readonly StageSpec[])[] | undefined;
}

/** A source of the numbers from 0 on. */
export interface InputSpec {
  readonly kind: SourceKind;
  readonly count: number;
  /** Fails after so many items. */
  readonly failAfter?: number | undefined;
  readonly failsOnClose?: boolean | undefined;
  readonly isSlow?: boolean | undefined;
}

/** Every way to run a pipeline. */
export const END_NAMES = [
  "execute",
  "array",
  "reduce",
  "forEach",
  "withMetadata",
  "run",
  "run.readable",
  "toReadableStream",
  "toTransformStream",
] as const;

export type EndName = (typeof END_NAMES)[number];

/**
 * Who reads the run, and what it does after so many items. One that drains it stops it and reads on;
 * one that hurries it leaves it no time for calls that run.
 */
export interface ConsumerSpec {
  readonly end: EndName;
  readonly action: "reads all" | "breaks" | "throws" | "aborts" | "drains" | "hurries";
  readonly after: number;
}

/** Where user code is called: functions, sources that are pulled and closed, timers. */
export const FAULT_POINTS = ["call", "next", "return", "timer"] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

/** One thing that goes wrong beside what the specs say. */
export interface FaultSpec {
  readonly point: FaultPoint;
  /** Which of all that the run does there, from 1 on. */
  readonly nth: number;
  readonly kind: "fails" | "hangs";
}

/** A whole run. */
export interface Program {
  readonly input: InputSpec;
  readonly stages: readonly StageSpec[];
  readonly consumer: ConsumerSpec;
  /** Whether whoever takes the failed items of `SPLIT_ERRORS` lets the run wait. */
  readonly isSinkSlow?: boolean | undefined;
  /** Whether what goes by between the stages is noted, which takes stages in between. */
  readonly isObserved?: boolean | undefined;
  readonly fault?: FaultSpec | undefined;
  /** Decides which of what waits goes on, one number after the other. */
  readonly picks: readonly number[];
}
