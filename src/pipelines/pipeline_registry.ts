import { toResult } from "../batch/result.ts";
import { startTimes } from "../internal/step_times.ts";
import { complaint, requireKnownOptions, requireName } from "../internal/validation.ts";
import type { ExecuteOptions } from "../options.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "../standard_schema.ts";
import type { StepError, StepResult } from "../step_types.ts";
import type { Source } from "../types.ts";
import { type AnyPipeline, Pipeline } from "./pipeline.ts";
import { type AnyStreamingPipeline, StreamingPipeline } from "../fluent/streaming_pipeline.ts";

const KNOWN_OPTIONS = ["input", "output", "tags", "description"];
/** How many issues a message names; all of them are in the cause. */
const SHOWN_ISSUES = 3;

/** A pipeline of either kind and of any types. */
export type RegistrablePipeline = AnyPipeline | AnyStreamingPipeline;

/** How a pipeline is registered. */
export interface RegisterOptions<TInput, TOutput> {
  /** Checks what `execute` is given, and may transform it: any Standard Schema validator. */
  readonly input?: StandardSchema<unknown, TInput> | undefined;
  /** Checks what comes out, and may transform it. */
  readonly output?: StandardSchema<TOutput, unknown> | undefined;
  /** Words to find it by. @default {[]} */
  readonly tags?: readonly string[] | undefined;
  /** What it is for. */
  readonly description?: string | undefined;
}

/** A pipeline of either kind, with its name and what else is known of it. */
export interface RegisteredPipeline {
  /** The name that it was registered under. */
  readonly name: string;
  /** The pipeline. */
  readonly pipeline: RegistrablePipeline;
  /** What checks its input; absent where nothing does. */
  readonly input?: StandardSchema | undefined;
  /** What checks its output; absent where nothing does. */
  readonly output?: StandardSchema | undefined;
  /** Words to find it by. */
  readonly tags: readonly string[];
  /** What it is for. */
  readonly description?: string | undefined;
}

/**
 * Pipelines by name, for callers that know no more than a name and a value, such as a server or a
 * queue: what they hand in is checked, and what comes back is a result that never throws.
 *
 * @example A pipeline by its name
 * ```ts
 * import { Pipeline, PipelineRegistry } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const registry = new PipelineRegistry();
 * registry.register("lengths", Pipeline.start<string[]>().map("length", (word) => word.length), {
 *   tags: ["text"],
 * });
 *
 * const result = await registry.execute("lengths", ["mill", "wheel"]);
 * assert(result.success);
 * assertEquals(result.data, [4, 5]);
 * assertEquals(registry.getByTags(["text"]).map(({ name }) => name), ["lengths"]);
 * ```
 */
export class PipelineRegistry {
  readonly #entries: Map<string, RegisteredPipeline> = new Map();

  /**
   * Adds a pipeline of either kind.
   *
   * @param name Its name; not empty, and not in use yet.
   * @param pipeline The pipeline.
   * @param options Its schemas, tags and description.
   * @throws {TypeError} If `name` is taken, or an argument or option is not valid.
   */
  register<TInput, TOutput, TState, TContext>(
    name: string,
    pipeline: Pipeline<TInput, TOutput, TState, TContext>,
    options?: RegisterOptions<TInput, TOutput>,
  ): void;
  /** Adds a streaming pipeline: it is handed a source, and its output is the array of all items. */
  register<TInput, TOutput, TAccumulated, TContext>(
    name: string,
    pipeline: StreamingPipeline<TInput, TOutput, TAccumulated, TContext>,
    options?: RegisterOptions<Source<TInput>, TOutput[]>,
  ): void;
  register(
    name: string,
    pipeline: RegistrablePipeline,
    // deno-lint-ignore no-explicit-any -- the overloads have the types
    options: RegisterOptions<any, any> = {},
  ): void {
    requireName("register a pipeline", name);
    const subject = { operator: `register pipeline "${name}"` };
    if (this.#entries.has(name)) {
      throw new TypeError(`Cannot ${subject.operator}: the name must be new, but it is taken`);
    }
    if (!(pipeline instanceof Pipeline || pipeline instanceof StreamingPipeline)) {
      const rule = "a Pipeline or a StreamingPipeline";
      throw new TypeError(complaint(subject, "its pipeline", rule, pipeline));
    }
    requireKnownOptions(subject, options, KNOWN_OPTIONS);
    const { input, output, tags = [], description } = options;
    for (const [option, schema] of Object.entries({ input, output })) {
      if (schema === undefined || isSchema(schema)) continue;
      throw new TypeError(complaint(subject, option, "a Standard Schema validator", schema));
    }
    if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) {
      throw new TypeError(complaint(subject, "tags", "an array of strings", tags));
    }
    this.#entries.set(name, { name, pipeline, input, output, tags: [...tags], description });
  }

  /** The pipeline of this name; absent where there is none. */
  get(name: string): RegisteredPipeline | undefined {
    return this.#entries.get(name);
  }

  /** All pipelines, in the order in which they were registered. */
  getAll(): RegisteredPipeline[] {
    return [...this.#entries.values()];
  }

  /** The pipelines that have all of `tags`. */
  getByTags(tags: readonly string[]): RegisteredPipeline[] {
    return this.getAll().filter((entry) => tags.every((tag) => entry.tags.includes(tag)));
  }

  /** Whether there is a pipeline of this name. */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * Checks `input`, runs the pipeline of this name, and checks what comes out.
   *
   * @param name The name of the pipeline.
   * @param input What it works on; for a streaming pipeline a source.
   * @param options How the run is aborted and closed.
   * @returns The pipeline's result. The code of a failure is `PIPELINE_NOT_FOUND`, `INVALID_INPUT`
   * or `INVALID_OUTPUT` where it is not one of the pipeline itself; the message of the latter two
   * says where in the value, and `cause` has all issues, or what the validator threw.
   */
  async execute(
    name: string,
    input: unknown,
    options?: ExecuteOptions,
  ): Promise<StepResult<unknown>> {
    const entry = this.#entries.get(name);
    const readTimes = startTimes();
    const fail = (error: StepError): StepResult<unknown> => ({
      success: false,
      error,
      metadata: { stepName: name, ...readTimes() },
    });
    if (entry === undefined) {
      const names = [...this.#entries.keys()].map((known) => `"${known}"`).join(", ");
      const message = `There is no pipeline "${name}"; there are: ${names || "none"}`;
      return fail({ code: "PIPELINE_NOT_FOUND", message, retryable: false });
    }
    const given = await check(entry.input, input);
    if (given.issues !== undefined) {
      return fail(describe("INVALID_INPUT", `The input of pipeline "${name}"`, given));
    }
    const result = entry.pipeline instanceof Pipeline
      ? await entry.pipeline.execute(given.value, options)
      : await collect(name, entry.pipeline, given.value, options);
    if (!result.success) return result;
    const made = await check(entry.output, result.data);
    if (made.issues !== undefined) {
      return fail(describe("INVALID_OUTPUT", `The output of pipeline "${name}"`, made));
    }
    return { ...result, data: made.value };
  }
}

/** What a validator says of a value; `thrown` where it broke down instead. */
type Checked = SchemaResult<unknown> & { readonly thrown?: unknown };

async function check(
  schema: StandardSchema | undefined,
  value: unknown,
): Promise<Checked> {
  if (schema === undefined) return { value };
  try {
    return await schema["~standard"].validate(value);
  } catch (thrown) {
    return { issues: [{ message: "its validator threw" }], thrown };
  }
}

function collect(
  name: string,
  pipeline: AnyStreamingPipeline,
  source: unknown,
  options: ExecuteOptions | undefined,
): Promise<StepResult<unknown[]>> {
  return toResult(name, {}, () => pipeline.executeToArray(source as Source<unknown>, options));
}

function isSchema(value: unknown): value is StandardSchema {
  const isHolder = typeof value === "function" || (typeof value === "object" && value !== null);
  return isHolder && typeof (value as StandardSchema)["~standard"]?.validate === "function";
}

function describe(
  code: string,
  what: string,
  { issues, thrown }: { readonly issues: readonly SchemaIssue[]; readonly thrown?: unknown },
): StepError {
  const shown = issues.slice(0, SHOWN_ISSUES).map((issue) => `${placeOf(issue)}${issue.message}`);
  const more = issues.length > SHOWN_ISSUES ? `; and ${issues.length - SHOWN_ISSUES} more` : "";
  const message = `${what} is not valid: ${shown.join("; ")}${more}`;
  return { code, message, cause: thrown ?? issues, retryable: false };
}

/** As one would write it in code: `documents[3].title: `. */
function placeOf({ path = [] }: SchemaIssue): string {
  const keys = path.map((part) => typeof part === "object" ? part.key : part);
  const place = keys.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join(
    "",
  );
  return place === "" ? "" : `at ${place.replace(/^\./, "")}: `;
}
