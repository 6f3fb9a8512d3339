import type { Embedder } from "@headrace/documents";
import { type Match, searchDocuments } from "@headrace/documents/store";
import { isAbsolute, relative } from "node:path";
import { callerDirectory, type SearchArguments } from "./args.ts";
import { type CallOptions, callPatiently, patientCalls } from "./calls.ts";
import { FatalError } from "./errors.ts";
import { openDatabase } from "./open_database.ts";
import { printable } from "./printable.ts";

/**
 * The chunks that answer the question best, by vectors and by words, best first; none where nothing
 * has anything in common with it.
 *
 * @throws {FatalError} The database is missing, empty, or made with another model.
 */
export async function findChunks(
  { question, top, database, minScore }: SearchArguments,
  embedder: Embedder,
  signal: AbortSignal,
  calls: CallOptions = patientCalls(),
): Promise<readonly Match[]> {
  using store = openDatabase(database, embedder.model);
  if (store.count().chunks === 0) {
    throw new FatalError(`The database "${database}" is empty; fill it with: embed <folder>`);
  }
  const search = (signal: AbortSignal) =>
    searchDocuments({ store, embedder, question, count: top, minScore, signal });
  return await callPatiently(search, calls, signal);
}

/** Path, headings, score and text of each match, for a person to read. */
export function formatMatches(matches: readonly Match[]): string {
  if (matches.length === 0) return "Nothing is close to the question.";
  const shown = matches.map(({ path, headings, text, score }, at) => {
    const heading = headings.length === 0 ? "" : `\n   ${headings.join(" > ")}`;
    const indented = text.replaceAll(/^/gm, "   ");
    return `${at + 1}. ${shortPath(path)} (score ${score.toFixed(3)})${heading}\n\n${indented}\n`;
  });
  return printable(shown.join("\n"));
}

/** Relative to where the user is, when that is shorter to read. */
function shortPath(path: string): string {
  const short = relative(callerDirectory(), path);
  return short.startsWith("..") || isAbsolute(short) ? path : short;
}
