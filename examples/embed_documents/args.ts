import { resolve } from "node:path";
import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./errors.ts";

const DEFAULT_DATABASE = "embeddings.db";
const DEFAULT_PATTERN = "**/*.md";
const DEFAULT_TOP = 5;
const MAX_TOP = 100;

export const EMBED_USAGE: string = `embed <folder> [options]

Embeds the files of a folder. Run it again to bring the database up to date: unchanged files are
left alone, changed ones replaced, deleted ones removed.

  --pattern <glob>        which files, relative to the folder (default: "${DEFAULT_PATTERN}")
  --db <file>             the database (default: ${DEFAULT_DATABASE})
  --end-of-text <token>   a token to put behind each text, for models that want one

EMBEDDING_URL, EMBEDDING_MODEL and EMBEDDING_API_KEY name an OpenAI-compatible endpoint. Without
them texts are compared by the words they share, offline.`;

export const SEARCH_USAGE: string = `search "<question>" [options]

  --top <n>    how many chunks to show (default: ${DEFAULT_TOP})
  --db <file>  the database (default: ${DEFAULT_DATABASE})`;

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
}

/** The arguments of `search`. */
export interface SearchArguments {
  readonly question: string;
  readonly top: number;
  /** Absolute path. */
  readonly database: string;
}

/** @throws {UsageError} */
export function parseEmbedArguments(args: readonly string[]): EmbedArguments {
  const { values, positionals } = parse(args, {
    pattern: { type: "string" },
    db: { type: "string" },
    "end-of-text": { type: "string" },
  });
  return {
    folder: callerPath(onePositional(positionals, "folder")),
    pattern: values.pattern ?? DEFAULT_PATTERN,
    database: callerPath(values.db ?? DEFAULT_DATABASE),
    endOfText: values["end-of-text"] ?? "",
  };
}

/** @throws {UsageError} */
export function parseSearchArguments(args: readonly string[]): SearchArguments {
  const { values, positionals } = parse(args, { top: { type: "string" }, db: { type: "string" } });
  const top = Number(values.top ?? DEFAULT_TOP);
  if (!Number.isInteger(top) || top < 1 || top > MAX_TOP) {
    throw new UsageError(`--top must be a whole number from 1 to ${MAX_TOP}, got "${values.top}"`);
  }
  const question = onePositional(positionals, "question");
  return { question, top, database: callerPath(values.db ?? DEFAULT_DATABASE) };
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

function parse(
  args: readonly string[],
  options: Record<string, { type: "string" }>,
): { values: Record<string, string | undefined>; positionals: string[] } {
  try {
    const config = {
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
    } satisfies ParseArgsConfig;
    const { values, positionals } = parseArgs(config);
    return { values: values as Record<string, string | undefined>, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
