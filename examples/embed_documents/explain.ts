import type { Embedder } from "@headrace/documents";
import { SqliteDocumentStore } from "@headrace/documents/store";
import { patientCalls } from "./calls.ts";
import type { EmbedFolderOptions } from "./embed_folder.ts";
import { createMatcher } from "./matcher.ts";
import { createPipeline } from "./pipeline.ts";
import { CHUNK_OVERLAP_TOKENS, MAX_CHUNK_TOKENS, MIN_CHUNK_TOKENS } from "./split.ts";
import { BATCH_SIZE, EmbedSteps } from "./steps.ts";

/**
 * What a run would do, and how its stages would work, for a person to read. Nothing is opened, read
 * or sent.
 *
 * @throws {UsageError} The pattern leaves the folder.
 */
export function explainRun(
  { folder, pattern, database, endOfText, calls = patientCalls() }: EmbedFolderOptions,
  embedder: Embedder,
): string {
  createMatcher(pattern);
  using store = new SqliteDocumentStore(":memory:", embedder.model);
  const steps = new EmbedSteps({ store, embedder, endOfText, events: { refused() {} } });
  const { concurrencyLimit = 1, retry, timeoutMs } = calls;
  const token = endOfText === "" ? "" : `, ${JSON.stringify(endOfText)} after each`;
  return [
    `folder    ${folder}`,
    `pattern   ${pattern}`,
    `database  ${database}`,
    `model     ${embedder.model}`,
    `chunks    ${MIN_CHUNK_TOKENS} to ${MAX_CHUNK_TOKENS} tokens, ${CHUNK_OVERLAP_TOKENS} of overlap${token}`,
    `calls     ${BATCH_SIZE} texts each, ${concurrencyLimit} at a time, ${retry.maxAttempts} attempts of ${
      timeoutMs / 1000
    } s`,
    "",
    createPipeline(steps, calls).explain().text,
  ].join("\n");
}
