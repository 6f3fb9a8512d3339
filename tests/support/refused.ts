// Calls that do not compile, and the messages of what is refused.

import { assertEquals, assertThrows } from "@std/assert";

/** A builder method without its types, for calls that do not compile. */
export type Method = (...args: unknown[]) => unknown;

/** The methods of a pipeline without their types. */
export type Methods = Readonly<Record<string, Method>>;

/** The methods of `pipeline` without their types. */
export function untyped(pipeline: object): Methods {
  return new Proxy(pipeline as Record<string, Method>, {
    get: (target, name) => (target[String(name)] as Method).bind(target),
  });
}

/** Asserts that `build` throws exactly this. */
export function assertRefused(
  build: () => unknown,
  errorClass: typeof TypeError | typeof RangeError,
  message: string,
): void {
  const error = assertThrows(build, errorClass);
  // A StreamingError would be of another class: misuse is not a failure of a run.
  assertEquals(error.constructor, errorClass);
  assertEquals(withoutHint(error.message), message);
}

/** What a message says, less what it says was probably meant: see tests/internal/guesses_test.ts. */
export function withoutHint(message: string): string {
  return message.replace(
    /; (the key comes first: |items are given to |options come |a step has |a pipeline is ).*$|; is a return missing\?$|\. Did you mean \w+\?$/,
    "",
  );
}

/** How a message begins that names a function without a stage. */
export function cannot(name: string): string {
  return /[A-Z]/.test(name) ? `Cannot call ${name}` : `Cannot ${name}`;
}

/** What a number of some kind must not be. */
export const NO_NUMBERS: readonly (readonly [value: unknown, shown: string])[] = [
  [-1, "-1"],
  [Number.NaN, "NaN"],
  [Infinity, "Infinity"],
  ["3", `"3"`],
  [null, "null"],
  [{}, "an object"],
];
