// Checks what a function of the package is given.

import type { ObservedRun } from "@headrace/pipeline/core";

/** The longest interval: that of a timer of any runtime, 32 bits. */
const MAX_MS = 2_147_483_647;

/** Throws where `options` has others than those in `known`. */
export function requireKnown(subject: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${subject}: its options must be an object, got ${show(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${subject}: unknown option "${name}"; it has ${known.join(", ")}`);
  }
}

/** Throws unless `run` is a run. */
export function requireRun(subject: string, run: unknown): asserts run is ObservedRun {
  if (hasMethod(run, "metadata")) return;
  const kind = hasMethod(run, "run") || hasMethod(run, "execute") ? ", a pipeline" : "";
  const hint = "hand it pipeline.run(source), or what the option observer gets: (run) => …";
  throw new TypeError(`${subject}: it needs a run, got ${show(run)}${kind}: ${hint}`);
}

/** `value`, or `fallback` where it is left out; throws unless it is a time that a timer can have. */
export function readMs(
  subject: string,
  name: string,
  value: number | undefined,
  fallback: number,
): number {
  if (value === undefined) return fallback;
  if (typeof value === "number" && value >= 1 && value <= MAX_MS) return value;
  throw new RangeError(`${subject}: ${name} must be from 1 to ${MAX_MS} ms, got ${show(value)}`);
}

/** `value`, or `fallback` where it is left out; throws unless it is a non-negative integer. */
export function readCount(
  subject: string,
  name: string,
  value: number | undefined,
  fallback: number,
): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${subject}: ${name} must be a non-negative integer, got ${show(value)}`);
}

/** Throws unless `value`, where it is given, is one of `choices`. */
export function requireChoice(
  subject: string,
  name: string,
  value: unknown,
  choices: readonly unknown[],
): void {
  if (value === undefined || choices.includes(value)) return;
  const listed = choices.map(show).join(" or ");
  throw new TypeError(`${subject}: ${name} must be ${listed}, got ${show(value)}`);
}

/** Throws unless `value`, where it is given, has the type `type`. */
export function requireType(
  subject: string,
  name: string,
  value: unknown,
  type: "string" | "function" | "boolean",
): void {
  if (value === undefined || typeof value === type) return;
  throw new TypeError(`${subject}: ${name} must be a ${type}, got ${show(value)}`);
}

/** Whether `value` is an object or a function with such a method. */
export function hasMethod(value: unknown, name: string): boolean {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  return typeof (value as Record<string, unknown>)[name] === "function";
}

/** A value in a message. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
