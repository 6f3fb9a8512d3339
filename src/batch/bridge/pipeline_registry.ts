import { StepFailure, toStepError } from "../../internal/step_failure.ts";
import { hasProperty, readProperty } from "../../internal/thrown.ts";
import { refuse } from "../../internal/validation.ts";
import type { ExecuteOptions } from "../../base/options.ts";
import type { Pipeline } from "../pipeline.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "../../base/standard_schema.ts";
import type { StepError } from "../../base/step_types.ts";
import type { PipelineOf, Source } from "../../base/types.ts";
import {
  type Entry,
  expandShortForm,
  type RegisteredPipeline,
  type RegisterOptions,
  type Registration,
  type StreamingRegistration,
  toEntry,
} from "./registration.ts";

/** The number of issues that a message lists; the cause has all of them. */
const SHOWN_ISSUES = 3;

/**
 * The result of a pipeline that was run by its name: its output, or the failure as a text in `error`,
 * and with its code and cause in `failure`.
 *
 * @category Registry
 */
export type RegistryResult<TOutput> =
  | { success: true; data: TOutput; error?: never; failure?: never }
  | { success: false; data?: never; error: string; failure: StepError };

/**
 * Pipelines by name, for callers that have no more than a name and a value, such as a server or a
 * queue. Inputs and outputs are validated, and a failure is a result, not an exception.
 *
 * @category Registry
 *
 * @example A pipeline by its name
 * ```ts
 * import { Pipeline, PipelineRegistry } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const registry = new PipelineRegistry().register({
 *   name: "lengths",
 *   description: "The length of each word",
 *   pipeline: Pipeline.start<string[]>().map("length", (word) => word.length),
 *   tags: ["text"],
 * });
 *
 * assertEquals(await registry.execute("lengths", ["mill"]), { success: true, data: [4] });
 * assertEquals(registry.getByTags(["text", "audio"]).map(({ name }) => name), ["lengths"]);
 * ```
 */
export class PipelineRegistry {
  readonly #entries: Map<string, Entry> = new Map();

  /**
   * Adds a pipeline.
   *
   * @param registration The name, which is not in use yet, the pipeline, its schemas, tags and
   * examples.
   * @returns The registry.
   * @throws {TypeError} If the name is taken, or something is not valid.
   */
  register<TInput, TOutput, TContext>(
    registration: Registration<TInput, TOutput, TContext>,
  ): this;
  /** Adds a streaming pipeline: its input is a source, its output the array of all items. */
  register<TInput, TOutput, TContext>(
    registration: StreamingRegistration<TInput, TOutput, TContext>,
  ): this;
  /** Adds a pipeline under a name, in short. */
  register<TInput, TOutput, TState, TContext>(
    name: string,
    pipeline: Pipeline<TInput, TOutput, TState, TContext>,
    options?: RegisterOptions<TInput, TOutput>,
  ): this;
  /** Adds a streaming pipeline under a name, in short. */
  register<TInput, TOutput, TAccumulated, TContext>(
    name: string,
    pipeline: PipelineOf<TInput, TOutput, TAccumulated, TContext>,
    options?: RegisterOptions<Source<TInput>, TOutput[]>,
  ): this;
  /**
   * Adds a pipeline of either kind, given as one object, or as a name, a pipeline and options.
   *
   * @category Registering
   */
  register(given: unknown, pipeline?: unknown, options?: unknown): this {
    const entry = typeof given === "object"
      ? toEntry(given)
      : toEntry(expandShortForm(given, pipeline, options));
    const { name } = entry.registered;
    if (this.#entries.has(name)) {
      const subject = { operator: `register the pipeline "${name}"` };
      refuse(subject, "its name must be new, but it is taken");
    }
    this.#entries.set(name, entry);
    return this;
  }

  /**
   * The pipeline of this name; absent where there is none.
   *
   * @category Looking up
   */
  get(name: string): RegisteredPipeline | undefined {
    return this.#entries.get(name)?.registered;
  }

  /**
   * All pipelines, in the order in which they were registered.
   *
   * @category Looking up
   */
  getAll(): RegisteredPipeline[] {
    return Array.from(this.#entries.values(), ({ registered }) => registered);
  }

  /**
   * The pipelines that have one of `tags`, or several.
   *
   * @category Looking up
   */
  getByTags(tags: readonly string[]): RegisteredPipeline[] {
    return this.getAll().filter((entry) => entry.tags?.some((tag) => tags.includes(tag)));
  }

  /**
   * Whether there is a pipeline of this name.
   *
   * @category Looking up
   */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * Validates `input`, runs the pipeline of this name, and validates its output.
   *
   * @typeParam TInput The type of the input.
   * @typeParam TOutput The type of the output.
   * @param name The name of the pipeline.
   * @param input The input of the pipeline; of a streaming pipeline a source.
   * @param options A signal to abort the run, and how long it waits when it is closed.
   * @returns The output, or the failure. Its code is `PIPELINE_NOT_FOUND`, `INVALID_INPUT` or
   * `INVALID_OUTPUT` where the pipeline itself has not failed; the message of the latter two names
   * the places in the value, and the cause has all issues, or what the validator threw.
   * @category Running
   */
  async execute<TInput = unknown, TOutput = unknown>(
    name: string,
    input: TInput,
    options?: ExecuteOptions,
  ): Promise<RegistryResult<TOutput>> {
    try {
      return { success: true, data: await this.#run(name, input, options) as TOutput };
    } catch (thrown) {
      const failure = toStepError(thrown);
      return { success: false, error: failure.message, failure };
    }
  }

  async #run(name: string, input: unknown, options?: ExecuteOptions): Promise<unknown> {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      const names = [...this.#entries.keys()].map((known) => `"${known}"`).join(", ");
      const message = `Pipeline not found: ${name}; there are: ${names || "none"}`;
      throw new StepFailure(name, { code: "PIPELINE_NOT_FOUND", message, retryable: false });
    }
    const { registered: { inputSchema, outputSchema }, runnable } = entry;
    const given = await check(inputSchema, input, { name, side: "input" });
    const result = await runnable.execute(given, options);
    if (!result.success) throw new StepFailure(name, result.error);
    return await check(outputSchema, result.data, { name, side: "output" });
  }
}

/** The value that is checked, for the failure. */
interface Checked {
  readonly name: string;
  readonly side: "input" | "output";
}

/** The result of `schema` for a value; throws a `StepFailure` where the value is not valid. */
async function check(
  schema: StandardSchema<unknown, unknown>,
  value: unknown,
  { name, side }: Checked,
): Promise<unknown> {
  const refuse = (issues: readonly SchemaIssue[], cause: unknown) => {
    const code = side === "input" ? "INVALID_INPUT" : "INVALID_OUTPUT";
    const message = `The ${side} of pipeline "${name}" is not valid: ${describeIssues(issues)}`;
    return new StepFailure(name, { code, message, cause, retryable: false });
  };
  let result: SchemaResult<unknown>;
  try {
    result = await schema["~standard"].validate(value);
  } catch (thrown) {
    throw refuse([{ message: "its validator threw" }], thrown);
  }
  if (!isResult(result)) throw refuse([{ message: "its validator gave no result" }], result);
  if (result.issues !== undefined) throw refuse(result.issues, result.issues);
  return result.value;
}

function isResult(value: unknown): boolean {
  return hasProperty(value, "value") || Array.isArray(readProperty(value, "issues"));
}

function describeIssues(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, SHOWN_ISSUES).map((issue) => `${placeOf(issue)}${issue.message}`);
  const more = issues.length > SHOWN_ISSUES ? `; and ${issues.length - SHOWN_ISSUES} more` : "";
  return `${shown.join("; ")}${more}`;
}

/** As one would write it in code: `documents[3].title: `. */
function placeOf({ path = [] }: SchemaIssue): string {
  const keys = path.map((part) => typeof part === "object" ? part.key : part);
  const parts = keys.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`);
  const place = parts.join("");
  return place === "" ? "" : `at ${place.replace(/^\./, "")}: `;
}
