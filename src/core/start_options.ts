import {
  DEFAULT_ASYNC_BUDGET,
  DEFAULT_MAX_ERRORS,
  DEFAULT_SAMPLE_EVERY,
} from "../base/defaults.ts";
import type { Plan } from "./plan.ts";
import type { MetadataSettings } from "./scope.ts";
import type { Stage } from "./stage.ts";
import {
  requireInteger,
  requireKnownOptions,
  requireOneOf,
  requireShare,
  type Subject,
} from "../internal/validation.ts";
import type { CheckpointMode, MetadataOptions, StartOptions } from "../base/options.ts";

/** The names of the options that every pipeline has. */
export const START_OPTIONS = ["metadata", "checkpoints"] as const;
const CHECKPOINT_MODES = ["on-demand", "always", "never"];
const VERBOSITIES = ["off", "counts", "timing", "full"];

/** Resolved options of a pipeline. */
export interface PipelineSettings {
  readonly metadata: MetadataSettings;
  readonly checkpoints: CheckpointMode;
  /** Plans the stages; absent where they run in the order in which they were added. */
  readonly plan?: ((stages: readonly Stage[]) => Plan) | undefined;
}

/** Resolves the options of `start`, throwing for what is unknown or out of bounds. */
export function resolveStartOptions(
  operator: string,
  options: Omit<StartOptions, "optimize"> = {},
): PipelineSettings {
  const subject = { operator };
  requireKnownOptions(subject, options, START_OPTIONS);
  const { checkpoints = "on-demand" } = options;
  requireOneOf(subject, "checkpoints", checkpoints, CHECKPOINT_MODES);
  return { metadata: resolveMetadata(subject, options.metadata), checkpoints };
}

function resolveMetadata(subject: Subject, options: MetadataOptions = {}): MetadataSettings {
  requireKnownOptions(subject, options, ["verbosity", "sampleRate", "maxErrors"], "metadata");
  const { verbosity = "timing", sampleRate, maxErrors = DEFAULT_MAX_ERRORS } = options;
  requireOneOf(subject, "metadata.verbosity", verbosity, VERBOSITIES);
  requireInteger(subject, "metadata.maxErrors", maxErrors, 0);
  if (sampleRate !== undefined) requireShare(subject, "metadata.sampleRate", sampleRate, false);
  let sampleEvery = verbosity === "full" ? 1 : Infinity;
  if (verbosity === "timing") {
    sampleEvery = sampleRate === undefined ? DEFAULT_SAMPLE_EVERY : Math.round(1 / sampleRate);
  }
  return {
    sampleEvery,
    asyncBudget: DEFAULT_ASYNC_BUDGET,
    maxErrors: verbosity === "off" ? 0 : maxErrors,
  };
}
