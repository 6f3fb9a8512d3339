import { StepFailure, toStepError } from "../internal/step_failure.ts";
import type { ExecuteOptions } from "../options.ts";
import type { Pipeline } from "../pipelines/pipeline.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "../standard_schema.ts";
import type { StepError } from "../step_types.ts";
import type { PipelineOf, Source } from "../types.ts";
import {
  type Entry,
  expandShortForm,
  type RegisteredPipeline,
  type RegisterOptions,
  type Registration,
  type StreamingRegistration,
  toEntry,
} from "./registration.ts";

/** How many issues a message names; all of them are in the cause. */
const SHOWN_ISSUES = 3;
/**
 * The result of a pipeline that was run by its name: what came out, or the failure in words, and in
 * `failure` with its code and cause.
 */
export type RegistryResult<TOutput> =
  | { success: true; data: TOutput; error?: never; failure?: never }
  | { success: false; data?: never; error: string; failure: StepError };

/**
 * Pipelines by name, for callers that know no more than a name and a value, such as a server or a
 * queue: what they hand in is checked, and what comes back is a result. Nothing is thrown.
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
   * @param registration Its name, which is not in use yet, the pipeline, its schemas and what else
   * is known of it.
   * @returns The registry.
   * @throws {TypeError} If the name is taken, or something is not valid.
   */
  register<TInput, TOutput, TContext>(
    registration: Registration<TInput, TOutput, TContext>,
  ): this;
  /** Adds a streaming pipeline: it is given a source, and its output is the array of all items. */
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
  register(given: unknown, pipeline?: unknown, options?: unknown): this {
    const entry = typeof given === "object"
      ? toEntry(given)
      : toEntry(expandShortForm(given, pipeline, options));
    const { name } = entry.registered;
    if (this.#entries.has(name)) {
      throw new TypeError(
        `Cannot register pipeline "${name}": the name must be new, but it is taken`,
      );
    }
    this.#entries.set(name, entry);
    return this;
  }

  /** The pipeline of this name; absent where there is none. */
  get(name: string): RegisteredPipeline | undefined {
    return this.#entries.get(name)?.registered;
  }

  /** All pipelines, in the order in which they were registered. */
  getAll(): RegisteredPipeline[] {
    return Array.from(this.#entries.values(), ({ registered }) => registered);
  }

  /** The pipelines that have one of `tags`, or several. */
  getByTags(tags: readonly string[]): RegisteredPipeline[] {
    return this.getAll().filter((entry) => entry.tags?.some((tag) => tags.includes(tag)));
  }

  /** Whether there is a pipeline of this name. */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * Checks `input`, runs the pipeline of this name, and checks what comes out.
   *
   * @typeParam TInput The type of what it works on.
   * @typeParam TOutput The type of what comes out.
   * @param name The name of the pipeline.
   * @param input What it works on; for a streaming pipeline a source.
   * @param options How the run is aborted and closed.
   * @returns What came out, or what failed. The code of `failure` is `PIPELINE_NOT_FOUND`,
   * `INVALID_INPUT` or `INVALID_OUTPUT` where it is not one of the pipeline itself; the message of
   * the latter two says where in the value, and the cause has all issues, or what the validator
   * threw.
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
  if (typeof value !== "object" || value === null) return false;
  return "value" in value || Array.isArray((value as { issues?: unknown }).issues);
}

function describeIssues(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, SHOWN_ISSUES).map((issue) => `${placeOf(issue)}${issue.message}`);
  const more = issues.length > SHOWN_ISSUES ? `; and ${issues.length - SHOWN_ISSUES} more` : "";
  return `${shown.join("; ")}${more}`;
}

/** As one would write it in code: `documents[3].title: `. */
function placeOf({ path = [] }: SchemaIssue): string {
  const keys = path.map((part) => typeof part === "object" ? part.key : part);
  const place = keys.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join(
    "",
  );
  return place === "" ? "" : `at ${place.replace(/^\./, "")}: `;
}
