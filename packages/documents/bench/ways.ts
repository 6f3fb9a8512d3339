// Ways to bring a database up to date with a folder, with the same parts of the package.

import { embedTexts, TextEmbedder } from "@headrace/documents";
import {
  discoverFiles,
  matchFiles,
  readTextFile,
  SkipFileError,
  type TextFile,
} from "@headrace/documents/files";
import { type EmbeddedChunk, forgetGone, SqliteDocumentStore } from "@headrace/documents/store";
import { Pipeline, StreamingPipeline } from "@headrace/pipeline";
import { indexWithLangChain } from "./langchain.ts";
import {
  BATCH_SIZE,
  chunksOf,
  type Job,
  PATTERN,
  SETTINGS,
  type TextChunk,
  type Way,
} from "./parts.ts";

const READS = { parallel: true, concurrencyLimit: 10 } as const;
const { signal } = new AbortController();

const read = async (path: string): Promise<TextFile | undefined> => {
  try {
    return await readTextFile(path, SETTINGS, signal);
  } catch (error) {
    if (error instanceof SkipFileError) return undefined;
    throw error;
  }
};

const seenOf = ({ seen }: TextChunk): string => seen;

/** By name. The first is what the others are compared with. */
export const WAYS: Readonly<Record<string, Way>> = {
  "by hand": embedByHand,
  "streaming": embedAsStream,
  "batch": embedAsLists,
  "LangChain": indexWithLangChain,
};

/** A loop: a file at a time, chunks in batches. */
async function embedByHand({ folder, database, embedder }: Job): Promise<void> {
  using store = new SqliteDocumentStore(database, embedder.model);
  const texts = new TextEmbedder<TextChunk>({ embedder, memory: store, toText: seenOf });
  let waiting: TextChunk[] = [];
  const flush = async () => {
    const batch = waiting;
    waiting = [];
    const rows: EmbeddedChunk[] = [];
    for (const answer of await texts.embed(batch, signal)) {
      if (!("vector" in answer)) throw answer.refusal;
      rows.push({ ...answer.item, input: answer.hash, vector: answer.vector });
    }
    store.save(rows);
  };
  for await (const path of discoverFiles({ folder, pattern: PATTERN })) {
    const file = await read(path);
    if (file === undefined || store.isUnchanged(path, file.hash)) continue;
    for await (const chunk of chunksOf(file, signal)) {
      if (waiting.push(chunk) === BATCH_SIZE) await flush();
    }
  }
  if (waiting.length > 0) await flush();
  await forgetGone({ store, folder, matches: matchFiles(PATTERN), signal });
}

/** One stream from disk to database. */
async function embedAsStream({ folder, database, embedder }: Job): Promise<void> {
  using store = new SqliteDocumentStore(database, embedder.model);
  await StreamingPipeline.start<string>()
    .map("read", read, READS)
    .filter("text", (file): file is TextFile => file !== undefined)
    .filter("changed", ({ path, hash }) => !store.isUnchanged(path, hash))
    .flatMap("chunks", (file) => chunksOf(file, signal))
    .use("embedded", embedTexts<TextChunk>({ embedder, memory: store, toText: seenOf }))
    .map("rows", ({ item, hash, vector }) => ({ ...item, input: hash, vector }))
    .batch("writes", BATCH_SIZE)
    .executeForEach(discoverFiles({ folder, pattern: PATTERN }), (rows) => void store.save(rows));
  await forgetGone({ store, folder, matches: matchFiles(PATTERN), signal });
}

/** The same steps, each done with all files before the next one begins. */
async function embedAsLists({ folder, database, embedder }: Job): Promise<void> {
  using store = new SqliteDocumentStore(database, embedder.model);
  const texts = new TextEmbedder<TextChunk>({ embedder, memory: store, toText: seenOf });
  const result = await Pipeline.start<string[]>()
    .map("read", read, READS)
    .filter("text", (file): file is TextFile => file !== undefined)
    .filter("changed", ({ path, hash }) => !store.isUnchanged(path, hash))
    .flatMap("chunks", (file) => Array.fromAsync(chunksOf(file, signal)))
    .batch("batches", BATCH_SIZE)
    .map("embedded", (batch) => texts.embed(batch, signal))
    .map("rows", (answers) =>
      answers.map((answer): EmbeddedChunk => {
        if (!("vector" in answer)) throw answer.refusal;
        return { ...answer.item, input: answer.hash, vector: answer.vector };
      }))
    .map("stored", (rows) => store.save(rows))
    .execute(await Array.fromAsync(discoverFiles({ folder, pattern: PATTERN })));
  if (!result.success) throw result.error.cause ?? new Error(result.error.message);
  await forgetGone({ store, folder, matches: matchFiles(PATTERN), signal });
}
