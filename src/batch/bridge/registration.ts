/**
 * The entries of a registry: how they are given, and how they are kept.
 *
 * @module
 */

import { findBlueprint } from "../../core/pipeline.ts";
import { createEmptyContext } from "../../internal/context_builder.ts";
import { attempt, readProperty } from "../../internal/thrown.ts";
import {
  guessCopy,
  refuseValue,
  requireFunction,
  requireKnownOptions,
  requireName,
  type Subject,
} from "../../internal/validation.ts";
import { type AnyPipeline, assemblePipeline, findParts, type Pipeline } from "../pipeline.ts";
import type { StandardSchema } from "../../base/standard_schema.ts";
import type { PipelineOf, Source } from "../../base/types.ts";
import { streamingToPipeline } from "./pipelines.ts";

const KNOWN_OPTIONS = ["input", "output", "tags", "description"];
/** The properties of a registration, in the order in which `toEntry` takes them. */
const FIELDS = [
  ...["name", "pipeline", "description", "inputSchema", "outputSchema", "contextBuilder"],
  ...["tags", "examples"],
];
/** Takes any value as it is. */
const ANY_VALUE: StandardSchema<unknown, unknown> = {
  "~standard": { version: 1, vendor: "headrace", validate: (value) => ({ value }) },
};

/**
 * A pipeline with its name, its schemas and its description.
 *
 * @category Registry
 */
export interface RegisteredPipeline<TInput = unknown, TOutput = unknown, TContext = unknown> {
  /** The name that it is run by; not empty. */
  name: string;
  /** What it is for. */
  description: string;
  /** Validates the input, and may transform it: any Standard Schema validator. */
  inputSchema: StandardSchema<unknown, TInput>;
  /** Validates the output, and may transform it. */
  outputSchema: StandardSchema<TOutput, unknown>;
  /** The pipeline; the batch form of a streaming one. */
  pipeline: Pipeline<TInput, TOutput, unknown, TContext>;
  /** Builds the context of a run where the pipeline was started without a builder of its own. */
  contextBuilder: () => TContext;
  /** Words to find it by. */
  tags?: string[] | undefined;
  /** Values that it takes, each with what it is an example of. */
  examples?: { input: TInput; description: string }[] | undefined;
}

/**
 * The parameter of `register`: a name, a pipeline, and optional properties.
 *
 * @category Registry
 */
export type Registration<TInput, TOutput, TContext> =
  & Pick<RegisteredPipeline<TInput, TOutput, TContext>, "name" | "pipeline">
  & RegistrationOptions<TInput, TOutput, TContext>;

/**
 * The parameter of `register` for a streaming pipeline: its input is a source, its output an array.
 *
 * @category Registry
 */
export type StreamingRegistration<TInput, TOutput, TContext> =
  & {
    /** The name that it is run by; not empty. */
    name: string;
    /** The pipeline. */
    pipeline: PipelineOf<TInput, TOutput, unknown, TContext>;
  }
  & RegistrationOptions<Source<TInput>, TOutput[], TContext>;

/**
 * The optional properties of a registration.
 *
 * @category Registry
 */
export type RegistrationOptions<TInput, TOutput, TContext> = {
  [
    TKey in keyof Omit<RegisteredPipeline<TInput, TOutput, TContext>, "name" | "pipeline">
  ]?: RegisteredPipeline<TInput, TOutput, TContext>[TKey] | undefined;
};

/**
 * Options of the short form of `register`.
 *
 * @category Registry
 */
export interface RegisterOptions<TInput, TOutput> {
  /** Validates the input, and may transform it: any Standard Schema validator. */
  readonly input?: StandardSchema<unknown, TInput> | undefined;
  /** Validates the output, and may transform it. */
  readonly output?: StandardSchema<TOutput, unknown> | undefined;
  /** Words to find it by. @default {[]} */
  readonly tags?: readonly string[] | undefined;
  /** What it is for. */
  readonly description?: string | undefined;
}

/** A registered pipeline, and the pipeline that runs, with its context builder. */
export interface Entry {
  readonly registered: RegisteredPipeline;
  readonly runnable: AnyPipeline;
}

/** The registration of a pipeline in the short form. */
export function expandShortForm(name: unknown, pipeline: unknown, options: unknown = {}): object {
  requireName("register a pipeline", name);
  requireKnownOptions(subjectOf(name), options, KNOWN_OPTIONS);
  const { input, output, ...rest } = options as RegisterOptions<unknown, unknown>;
  return { ...rest, name, pipeline, inputSchema: input, outputSchema: output };
}

/** Validates a registration and fills in defaults; unknown properties are kept. */
export function toEntry(given: object | null): Entry {
  if (given === null) {
    const subject = { operator: "register a pipeline" };
    refuseValue(subject, "registration", "an object", given);
  }
  const [
    name,
    pipeline,
    description = "",
    inputSchema = ANY_VALUE,
    outputSchema = ANY_VALUE,
    contextBuilder,
    tags = [],
    examples = [],
  ] = FIELDS.map((field) => readProperty(given, field));
  requireName("register a pipeline", name);
  const subject = subjectOf(name);
  const batch = toPipeline(subject, pipeline);
  requireSchema(subject, "inputSchema", inputSchema);
  requireSchema(subject, "outputSchema", outputSchema);
  if (contextBuilder !== undefined) requireFunction(subject, "contextBuilder", contextBuilder);
  if (typeof description !== "string") {
    refuseValue(subject, "description", "a string", description);
  }
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) {
    refuseValue(subject, "tags", "an array of strings", tags);
  }
  if (!Array.isArray(examples)) {
    refuseValue(subject, "examples", "an array", examples);
  }
  const { stages, createContext } = findParts(batch)!;
  const builder = (contextBuilder ?? createContext) as () => unknown;
  const isBare = createContext === createEmptyContext;
  return {
    registered: {
      ...given,
      name,
      description,
      inputSchema,
      outputSchema,
      pipeline: batch,
      contextBuilder: builder,
      tags: [...tags],
      examples: [...examples],
    },
    runnable: isBare ? assemblePipeline({ stages, createContext: builder }) : batch,
  };
}

function toPipeline(subject: Subject, given: unknown): AnyPipeline {
  if (findParts(given) !== undefined) return given as AnyPipeline;
  if (findBlueprint(given) !== undefined) {
    return streamingToPipeline(given as PipelineOf<never, unknown>, { keepState: false });
  }
  refuseValue(
    subject,
    "its pipeline",
    "a Pipeline or a StreamingPipeline",
    given,
    guessCopy(given, "execute"),
  );
}

function subjectOf(name: string): Subject {
  return { operator: `register the pipeline "${name}"` };
}

function requireSchema(
  subject: Subject,
  option: string,
  value: unknown,
): asserts value is StandardSchema<unknown, unknown> {
  // Some validators are functions.
  const isValidator = () => typeof (value as StandardSchema)["~standard"].validate === "function";
  if (attempt(isValidator, false)) return;
  refuseValue(subject, option, "a Standard Schema validator", value);
}
