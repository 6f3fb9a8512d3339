import { resolve } from "node:path";
import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { DEFAULT_PARALLEL, DEFAULT_RETRIES } from "./calls.ts";
import { UsageError } from "./errors.ts";
import type { RunRequest } from "./last_run.ts";
import { DEFAULT_PATTERN } from "./matcher.ts";

const DEFAULT_DATABASE = "embeddings.db";
const DEFAULT_TOP = 5;
const MAX_TOP = 100;
const MAX_RETRIES = 100;
const MAX_PARALLEL = 64;

export const EMBED_USAGE: string = `embed <folder> [options]
       embed --resume [options]

Embeds the files of a folder. Run it again to bring the database up to date: unchanged files are
left alone, changed ones replaced, deleted ones removed. Each run goes on where the last one ended.

  --resume                the folder, the pattern and the token of the last run into the database
  --pattern <glob>        which files, relative to the folder (default: "${DEFAULT_PATTERN}")
  --db <file>             the database (default: ${DEFAULT_DATABASE})
  --end-of-text <token>   a token to append to each text, for models that need one
  --retries <n>           how often a call of the endpoint is tried again (default: ${DEFAULT_RETRIES})
  --parallel <n>          how many calls run at a time, as a stream (default: ${DEFAULT_PARALLEL})
  --errors <file>         lists what failed, one line of JSON each
  --verbose               shows counts and times of each stage at the end
  --explain               shows the stages and their settings, and embeds nothing

EMBEDDING_URL, EMBEDDING_MODEL and EMBEDDING_API_KEY name an OpenAI-compatible endpoint. Without
them texts are compared by the words they share, offline.`;

export const SEARCH_USAGE: string = `search "<question>" [options]

  --top <n>          how many chunks to show (default: ${DEFAULT_TOP})
  --min-score <0-1>  show only chunks with a higher score (default: 0)
  --db <file>        the database (default: ${DEFAULT_DATABASE})`;

export const STATUS_USAGE: string = `status [<folder>] [options]

Shows what a database holds, how the last run went, and what has changed on the disk since. Without a
folder, that of the last run. It writes nothing, and calls no endpoint.

  --pattern <glob>   which files, relative to the folder (default: as the last run)
  --db <file>        the database (default: ${DEFAULT_DATABASE})
  --verbose          names the files`;

export const DEMO_USAGE: string = `demo ["<question>"]

Embeds the markdown files of this repository and answers a question about it.`;

/** The arguments of `embed`. */
export interface EmbedArguments {
  /** What to embed; absent where the last run says it. */
  readonly request: RunRequest | undefined;
  /** Absolute path. */
  readonly database: string;
  readonly retries: number;
  readonly parallel: number;
  /** Absolute path. */
  readonly errorsFile: string | undefined;
  readonly verbose: boolean;
  readonly explain: boolean;
}

/** The arguments of `status`. */
export interface StatusArguments {
  /** Absolute path; absent where the last run says it. */
  readonly folder: string | undefined;
  /** Absent where the last run says it. */
  readonly pattern: string | undefined;
  /** Absolute path. */
  readonly database: string;
  readonly verbose: boolean;
}

/** The arguments of `search`. */
export interface SearchArguments {
  readonly question: string;
  readonly top: number;
  /** Only chunks with a higher score are shown. @default 0 */
  readonly minScore?: number;
  /** Absolute path. */
  readonly database: string;
}

/** @throws {UsageError} */
export function parseEmbedArguments(args: readonly string[]): EmbedArguments {
  const { values, positionals } = parse(args, {
    pattern: { type: "string" },
    db: { type: "string" },
    "end-of-text": { type: "string" },
    retries: { type: "string", default: String(DEFAULT_RETRIES) },
    parallel: { type: "string", default: String(DEFAULT_PARALLEL) },
    errors: { type: "string" },
    verbose: { type: "boolean", default: false },
    resume: { type: "boolean", default: false },
    explain: { type: "boolean", default: false },
  });
  const { pattern, "end-of-text": endOfText } = values;
  if (values.resume && (positionals.length > 0 || (pattern ?? endOfText) !== undefined)) {
    throw new UsageError(
      "--resume takes folder, pattern and token from the last run: leave them out, or --resume",
    );
  }
  const request = values.resume ? undefined : {
    folder: callerPath(onePositional(positionals, "folder")),
    pattern: pattern ?? DEFAULT_PATTERN,
    endOfText: endOfText ?? "",
  };
  return {
    request,
    database: callerPath(values.db ?? DEFAULT_DATABASE),
    retries: wholeNumber("--retries", values.retries, 0, MAX_RETRIES),
    parallel: wholeNumber("--parallel", values.parallel, 1, MAX_PARALLEL),
    errorsFile: values.errors === undefined ? undefined : callerPath(values.errors),
    verbose: values.verbose,
    explain: values.explain,
  };
}

/** @throws {UsageError} */
export function parseStatusArguments(args: readonly string[]): StatusArguments {
  const { values, positionals } = parse(args, {
    pattern: { type: "string" },
    db: { type: "string" },
    verbose: { type: "boolean", default: false },
  });
  const folder = positionals.length === 0 ? undefined : onePositional(positionals, "folder");
  return {
    folder: folder === undefined ? undefined : callerPath(folder),
    pattern: values.pattern,
    database: callerPath(values.db ?? DEFAULT_DATABASE),
    verbose: values.verbose,
  };
}

/** @throws {UsageError} */
export function parseSearchArguments(args: readonly string[]): SearchArguments {
  const { values, positionals } = parse(args, {
    top: { type: "string", default: String(DEFAULT_TOP) },
    "min-score": { type: "string", default: "0" },
    db: { type: "string" },
  });
  const top = wholeNumber("--top", values.top, 1, MAX_TOP);
  const question = onePositional(positionals, "question");
  const minScore = share("--min-score", values["min-score"]);
  return { question, top, minScore, database: callerPath(values.db ?? DEFAULT_DATABASE) };
}

/** The question, or `undefined` for the default one. @throws {UsageError} */
export function parseDemoArguments(args: readonly string[]): string | undefined {
  const { positionals } = parse(args, {});
  return positionals.length === 0 ? undefined : onePositional(positionals, "question");
}

/** Whether the arguments ask for help. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}

/** The directory that the user called from: `deno task` changes it, and keeps it in INIT_CWD. */
export function callerDirectory(): string {
  return process.env.INIT_CWD ?? process.cwd();
}

function callerPath(path: string): string {
  if (path === "") throw new UsageError("A path must not be empty");
  return resolve(callerDirectory(), path);
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, got "${text}"`);
}

function share(name: string, text: string): number {
  const number = Number(text);
  if (/^\d*\.?\d+$/.test(text) && number <= 1) return number;
  throw new UsageError(`${name} must be a number from 0 to 1, got "${text}"`);
}

function onePositional(positionals: readonly string[], name: string): string {
  const [value, ...more] = positionals;
  if (value === undefined || value.trim() === "") throw new UsageError(`Missing <${name}>`);
  if (more.length > 0) {
    throw new UsageError(
      `One <${name}> only, got also "${more.join('" "')}"; quote it if it has spaces`,
    );
  }
  return value;
}

function parse<TOptions extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: TOptions,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
