// The part of @std/testing/types that this project uses: assertions made by the compiler alone.

/** Compiles only where `T` is `true`; does nothing at run time. */
export function assertType<T extends true>(_expectTrue?: T): void {}

/** `true` where both types are the same, `any` and `unknown` told apart. */
export type IsExact<TLeft, TRight> = (<T>() => T extends TLeft ? 1 : 2) extends
  (<T>() => T extends TRight ? 1 : 2) ? true : false;
