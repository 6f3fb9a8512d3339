/**
 * Checks the options of stages whose function is called for one item at a time.
 *
 * @module
 */

import type { GuardSettings, ItemStage } from "../core/stage.ts";
import { requireKnownOptions, type Subject } from "../internal/validation.ts";
import type { CallOptions } from "../base/options.ts";
import { CALL_OPTIONS, resolveStageOptions } from "./_options.ts";

/** Resolved options. */
export interface CallSettings {
  /** What the stage itself is given. */
  readonly stage: Pick<ItemStage, "errorStrategy" | "openErrors">;
  /** What its function is wrapped in, so that what it made of a failed attempt is not kept. */
  readonly guard: GuardSettings;
}

/** Resolves `options`, which may also have those named in `own`. */
export function resolveCallOptions(
  subject: Subject,
  options: CallOptions<never> = {},
  own: readonly string[] = [],
): CallSettings {
  requireKnownOptions(subject, options, [...own, ...CALL_OPTIONS]);
  const settings = resolveStageOptions(subject, options, undefined, own);
  const { errorStrategy, openErrors, ...guard } = settings;
  return { stage: { errorStrategy, openErrors }, guard };
}
