import { matchFiles } from "@headrace/documents/files";
import { resolve } from "node:path";
import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { DEFAULT_PARALLEL, DEFAULT_RETRIES } from "./calls.ts";
import { UsageError } from "./errors.ts";
import { type Form, FORMS, isForm } from "./forms.ts";

const DEFAULT_DATABASE = "embeddings.db";
const DEFAULT_PATTERN = "**/*.md";
const DEFAULT_TOP = 5;
const MAX_TOP = 100;
const MAX_RETRIES = 100;
const MAX_PARALLEL = 64;

export const EMBED_USAGE: string = `embed <folder> [options]

Embeds the files of a folder. Run it again to bring the database up to date: unchanged files are
left alone, changed ones replaced, deleted ones removed.

  --pattern <glob>        which files, relative to the folder (default: "${DEFAULT_PATTERN}")
  --db <file>             the database (default: ${DEFAULT_DATABASE})
  --end-of-text <token>   a token to put behind each text, for models that want one
  --retries <n>           how often a call of the endpoint is tried again (default: ${DEFAULT_RETRIES})
  --parallel <n>          how many calls run at a time, as a stream (default: ${DEFAULT_PARALLEL})
  --form <form>           streaming, or batch: list by list (default: streaming)
  --errors <file>         lists what failed, one line of JSON each
  --verbose               shows counts and times of each stage at the end

EMBEDDING_URL, EMBEDDING_MODEL and EMBEDDING_API_KEY name an OpenAI-compatible endpoint. Without
them texts are compared by the words they share, offline.`;

export const SEARCH_USAGE: string = `search "<question>" [options]

  --top <n>          how many chunks to show (default: ${DEFAULT_TOP})
  --min-score <0-1>  show only chunks with a higher score (default: 0)
  --db <file>        the database (default: ${DEFAULT_DATABASE})`;

export const DEMO_USAGE: string = `demo ["<question>"]

Embeds the markdown files of this repository and answers a question about it.`;

/** The arguments of `embed`. */
export interface EmbedArguments {
  /** Absolute path. */
  readonly folder: string;
  readonly pattern: string;
  /** Absolute path. */
  readonly database: string;
  /** Empty for none. */
  readonly endOfText: string;
  readonly retries: number;
  readonly parallel: number;
  /** Absolute path. */
  readonly errorsFile: string | undefined;
  readonly verbose: boolean;
  readonly form: Form;
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
    form: { type: "string", default: "streaming" },
  });
  return {
    folder: callerPath(onePositional(positionals, "folder")),
    pattern: values.pattern ?? DEFAULT_PATTERN,
    database: callerPath(values.db ?? DEFAULT_DATABASE),
    endOfText: values["end-of-text"] ?? "",
    retries: wholeNumber("--retries", values.retries, 0, MAX_RETRIES),
    parallel: wholeNumber("--parallel", values.parallel, 1, MAX_PARALLEL),
    errorsFile: values.errors === undefined ? undefined : callerPath(values.errors),
    verbose: values.verbose,
    form: formNamed(values.form),
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

function formNamed(name: string): Form {
  if (isForm(name)) return name;
  throw new UsageError(`--form must be "${Object.keys(FORMS).join('" or "')}", got "${name}"`);
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

/**
 * Whether a path, relative to the folder and with `/`, belongs to a pattern.
 *
 * @throws {UsageError} The pattern leaves the folder.
 */
export function createMatcher(pattern: string): (path: string) => boolean {
  try {
    return matchFiles(pattern);
  } catch {
    throw new UsageError(
      `The pattern must stay inside the folder, such as "${DEFAULT_PATTERN}", got "${pattern}"`,
    );
  }
}
