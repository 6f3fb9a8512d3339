import { DEFAULT_ASYNC_BUDGET, DEFAULT_MAX_ERRORS, DEFAULT_SAMPLE_EVERY } from "../defaults.ts";
import type { MetadataSettings } from "../engine/scope.ts";
import {
  complaint,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
} from "../internal/validation.ts";
import type { CheckpointMode, MetadataOptions, StartOptions } from "../options.ts";

const SUBJECT = { operator: "start a pipeline" };
const CHECKPOINT_MODES = ["on-demand", "always", "never"];
const VERBOSITIES = ["off", "counts", "timing", "full"];

/** The options of a pipeline, in force. */
export interface PipelineSettings {
  readonly metadata: MetadataSettings;
  readonly checkpoints: CheckpointMode;
}

/** Resolves the options of `start`, throwing for what is unknown or out of bounds. */
export function resolveStartOptions(options: StartOptions = {}): PipelineSettings {
  requireKnownOptions(SUBJECT, options, ["metadata", "checkpoints"]);
  const { checkpoints = "on-demand" } = options;
  requireOneOf(SUBJECT, "checkpoints", checkpoints, CHECKPOINT_MODES);
  return { metadata: resolveMetadata(options.metadata), checkpoints };
}

function resolveMetadata(options: MetadataOptions = {}): MetadataSettings {
  requireKnownOptions(SUBJECT, options, ["verbosity", "sampleRate", "maxErrors"], "metadata");
  const { verbosity = "timing", sampleRate, maxErrors = DEFAULT_MAX_ERRORS } = options;
  requireOneOf(SUBJECT, "metadata.verbosity", verbosity, VERBOSITIES);
  requireInteger(SUBJECT, "metadata.maxErrors", maxErrors, 0);
  if (sampleRate !== undefined && !isShare(sampleRate)) {
    const rule = "a number above 0, up to 1";
    throw new RangeError(complaint(SUBJECT, "metadata.sampleRate", rule, sampleRate));
  }
  if (verbosity === "full") return { sampleEvery: 1, asyncBudget: 0, maxErrors };
  if (verbosity === "timing") {
    const sampleEvery = sampleRate === undefined
      ? DEFAULT_SAMPLE_EVERY
      : Math.round(1 / sampleRate);
    return { sampleEvery, asyncBudget: DEFAULT_ASYNC_BUDGET, maxErrors };
  }
  return {
    sampleEvery: Infinity,
    asyncBudget: 0,
    maxErrors: verbosity === "off" ? 0 : maxErrors,
  };
}

function isShare(value: unknown): boolean {
  return typeof value === "number" && value > 0 && value <= 1;
}
