/**
 * What the stages that gather items have in common.
 *
 * @module
 */

/** The answer of a stage that hands out several and has none to hand out. */
export const NOTHING_YET: readonly unknown[] = [];

/** A failure must not take what was gathered before with it: that comes out first. */
export function* failAfter(
  gathered: readonly unknown[],
  error: unknown,
): Generator<unknown, void, undefined> {
  yield* gathered;
  throw error;
}
