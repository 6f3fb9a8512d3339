/**
 * Measures one form of a workload in this process and prints what it found. Started by the runner,
 * with a {@linkcode ChildJob} as its one argument.
 *
 * @module
 */

import process from "node:process";
import { MemoryProbe, type Peaks } from "./probe.ts";
import type { Forms } from "./workload.ts";

/** What to measure. */
export interface ChildJob {
  /** A form of the workload, or {@linkcode EMPTY}. */
  readonly form: string;
  readonly items: number;
  /** Whether garbage is collected before each look. */
  readonly collect: boolean;
}

/** What a process found. */
export interface ChildResult extends Peaks {
  /** Of the runtime. */
  readonly version: string;
  /** How many items came out. */
  readonly output: number;
  readonly elapsedMs: number;
}

/** The form that does nothing: what a process holds that has loaded the same modules. */
export const EMPTY = "empty";

/** Stands before the result, so that it is found among whatever else is printed. */
export const RESULT_PREFIX = "HEADRACE-MEMORY ";

const LOOK_EVERY = 1000;

/** A collection of a large heap takes a second: where garbage is collected, looks are few. */
const COLLECTED_LOOKS = 12;

/** The source and two stages call the probe, once per item each. */
const CALLS_PER_ITEM = 3;

interface CollectingGlobal {
  readonly gc?: () => void;
  readonly Bun?: { gc(force: boolean): void };
}

function findCollector(): () => void {
  const { gc, Bun } = globalThis as CollectingGlobal;
  if (gc !== undefined) return () => gc();
  if (Bun !== undefined) return () => Bun.gc(true);
  throw new Error("Cannot collect garbage: start the runtime with --expose-gc");
}

/** Runs the form that the process was started for. */
export async function measureChild(forms: Forms): Promise<void> {
  const { form, items, collect }: ChildJob = JSON.parse(process.argv[2] ?? "{}");
  const all: Forms = { ...forms, [EMPTY]: () => 0 };
  const run = all[form];
  if (run === undefined) {
    const known = Object.keys(all).join(", ");
    throw new RangeError(`Cannot measure form "${form}": forms are ${known}`);
  }
  const probe = new MemoryProbe({
    every: collect ? Math.ceil(items * CALLS_PER_ITEM / COLLECTED_LOOKS) : LOOK_EVERY,
    collect: collect ? findCollector() : undefined,
  });
  const start = performance.now();
  probe.look();
  const output = await run(items, probe);
  probe.look();
  const elapsedMs = performance.now() - start;
  const peaks = await probe.stop();
  const { deno, bun, node } = process.versions as Record<string, string | undefined>;
  const result: ChildResult = { version: deno ?? bun ?? node ?? "", output, elapsedMs, ...peaks };
  console.log(RESULT_PREFIX + JSON.stringify(result));
}
