import { fileURLToPath } from "node:url";
import type { CallOptions } from "../../calls.ts";
import { embedFolder, type EmbedFolderOptions } from "../../embed_folder.ts";
import type { Embedder } from "@headrace/documents";
import { SqliteDocumentStore } from "@headrace/documents/store";
import { vectorOf } from "documents-tests/endpoint.ts";
import type { TestFolder } from "documents-tests/folder.ts";
import { RunLog } from "./run_log.ts";

/** An embedder that remembers what it was asked. */
export class RecordingEmbedder implements Embedder {
  readonly model: string = "recording";
  readonly texts: string[] = [];

  embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    this.texts.push(...texts);
    return Promise.resolve(texts.map((text) => Float32Array.from(vectorOf(text))));
  }
}

/** Where a test keeps its database: beside the documents, and hidden from the pattern. */
export function databaseOf(folder: TestFolder): string {
  return folder.join(".index.db");
}

/** As many attempts as usual, without the waiting. */
export const QUICK_CALLS: CallOptions = {
  retry: { maxAttempts: 4, backoffMs: 1 },
  timeoutMs: 60_000,
};

/** Embeds the folder, as a stream by default, and returns what happened. */
export async function embed(
  folder: TestFolder,
  embedder: Embedder,
  options: Partial<EmbedFolderOptions> = {},
  signal: AbortSignal = new AbortController().signal,
  log: RunLog = new RunLog(folder.path),
): Promise<RunLog> {
  const defaults = {
    folder: folder.path,
    pattern: "**/*.md",
    database: databaseOf(folder),
    endOfText: "",
    calls: QUICK_CALLS,
  };
  await embedFolder({ ...defaults, ...options }, embedder, log, signal);
  return log;
}

/** How much the folder's database holds. */
export function countStored(
  folder: TestFolder,
  model = "recording",
): ReturnType<SqliteDocumentStore["count"]> {
  using store = SqliteDocumentStore.openExisting(databaseOf(folder), model);
  return store.count();
}

interface CommandOptions {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  /** For `deno run`. */
  readonly flags?: readonly string[];
  /** Ends the process, which is then not successful. */
  readonly signal?: AbortSignal;
}

/** A command of the example as a real process. */
export function command(
  name: "embed" | "search" | "status" | "demo",
  args: readonly string[],
  { cwd, env = {}, flags = [], ...options }: CommandOptions,
): Deno.Command {
  const script = fileURLToPath(new URL(`../../${name}.ts`, import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", ...flags, script, ...args],
    cwd,
    ...options,
    // What the tests were started with must not reach the command.
    env: { INIT_CWD: cwd, EMBEDDING_URL: "", EMBEDDING_MODEL: "", EMBEDDING_API_KEY: "", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs a command to its end. */
export async function runCommand(
  ...parameters: Parameters<typeof command>
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await command(...parameters).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
