// Runs the soak in a process of its own, and judges the heap that it has sampled.

import { SOAK_MARK, type SoakPart, type SoakRequest } from "../tests/soak/request.ts";
import { runDeno } from "./process.ts";

/** Less growth than this is noise: what the runtime compiles and keeps of its own. */
const NOISE_BYTES = 512 * 1_024;

/** A part, and whether its heap has stayed as it was. */
export interface Soaked {
  readonly name: string;
  readonly count: number;
  /** The mean of the second quarter of the samples, when all is warm, and of the last. */
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly isFlat: boolean;
}

/** Runs so many items and so many runs that are given up. */
export async function runSoak(request: SoakRequest): Promise<Soaked[]> {
  const args = ["run", "-A", "--no-check", "--v8-flags=--expose-gc", "tests/soak/soak.ts"];
  const { stdout, stderr, code } = await runDeno([...args, JSON.stringify(request)], {
    timeoutMs: Infinity,
  });
  const line = stdout.split("\n").find((line) => line.startsWith(SOAK_MARK));
  if (line === undefined) throw new Error(`The soak ended with code ${code}:\n${stderr}`);
  const parts: SoakPart[] = JSON.parse(line.slice(SOAK_MARK.length));
  return parts.map(judge);
}

/** `12.3 → 12.4 MB` */
export function describeHeap({ fromBytes, toBytes }: Soaked): string {
  return `${toMegabytes(fromBytes)} → ${toMegabytes(toBytes)} MB`;
}

function judge({ name, count, heapBytes }: SoakPart): Soaked {
  const quarter = Math.floor(heapBytes.length / 4);
  const fromBytes = mean(heapBytes.slice(quarter, 2 * quarter));
  const toBytes = mean(heapBytes.slice(-quarter));
  return { name, count, fromBytes, toBytes, isFlat: toBytes - fromBytes < NOISE_BYTES };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function toMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
