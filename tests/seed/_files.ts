// The document's example 2 and its "Streaming Pipeline Construction", over any file system, and the
// parts they take for granted: a splitter, an embedder and the file system itself.

import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { turn } from "../../src/testing/turns.ts";
import type { Printer } from "./_seed.ts";

/** What the examples need of a file system. */
export interface FileSystem {
  /** The paths below `cwd` that match, relative to it. */
  scan(options: { cwd: string; pattern: string }): AsyncIterable<string>;
  readFile(path: string): Promise<{ content: string }>;
}

/** A piece of a document. */
export interface Chunk {
  readonly id: string;
  readonly content: string;
  readonly metadata: { readonly path: string };
}

/** A piece with its vector. */
export interface Embedded extends Chunk {
  readonly embedding: readonly number[];
}

/** A file that was read. */
export interface FileContent {
  readonly content: string;
  readonly path: string;
}

/** What both pipelines read. */
export interface Query {
  readonly path: string;
  readonly pattern: string;
}

/** What each stage of both pipelines makes. */
export interface FileState<TFound> {
  readonly discover: TFound;
  readonly readFiles: FileContent;
  readonly chunks: Chunk;
  readonly batches: Chunk[];
  readonly embeddings: Embedded[];
  readonly embedded: Embedded;
}

/** A file system in memory that answers as late as a disk would: a turn later. */
export class MemoryFiles implements FileSystem {
  reads = 0;
  /** The most reads that ran at a time. */
  peak = 0;
  #running = 0;
  readonly #files: ReadonlyMap<string, string | Error>;

  constructor(files: ReadonlyMap<string, string | Error>) {
    this.#files = files;
  }

  async *scan({ cwd, pattern }: { cwd: string; pattern: string }): AsyncGenerator<string> {
    const matches = toRegExp(pattern);
    for (const path of this.#files.keys()) {
      const name = path.slice(cwd.length + 1);
      if (path.startsWith(`${cwd}/`) && matches.test(name)) yield await name;
    }
  }

  async readFile(path: string): Promise<{ content: string }> {
    this.reads++;
    this.peak = Math.max(this.peak, ++this.#running);
    await turn();
    this.#running--;
    const content = this.#files.get(path);
    if (typeof content === "string") return { content };
    throw content ?? new Error("not found");
  }
}

/** `**` crosses folders, `*` does not. */
export function toRegExp(pattern: string): RegExp {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("**/", "<any>")
    .replaceAll("*", "[^/]*")
    .replaceAll("<any>", "(?:.*/)?");
  return new RegExp(`^${source}$`);
}

/** Paragraphs, joined until they have `minChunkSize` characters. */
export async function splitMarkdown(
  content: string,
  path: string,
  { minChunkSize }: { minChunkSize: number },
): Promise<Chunk[]> {
  const chunks: string[] = [];
  for (const paragraph of content.split("\n\n")) {
    const last = chunks.at(-1);
    if (last === undefined || last.length >= minChunkSize) chunks.push(paragraph);
    else chunks[chunks.length - 1] = `${last}\n\n${paragraph}`;
  }
  return await chunks.map((chunk, index) => ({
    id: `${path}#${index}`,
    content: chunk,
    metadata: { path },
  }));
}

/** How often each of the letters a to e occurs. */
export async function generateEmbeddings(
  contents: readonly string[],
): Promise<{ embedding: number[] }[]> {
  return await contents.map((content) => ({
    embedding: [..."abcde"].map((letter) => content.split(letter).length - 1),
  }));
}

/** Example 2, whole. `batchSizes` sees what the embedder is given. */
export function createFilePipeline(
  files: FileSystem,
  console: Printer,
  batchSizes: number[],
): StreamingPipeline<Query, Embedded, FileState<{ path: string; name: string }>> {
  return StreamingPipeline.start<{ path: string; pattern: string }>()
    .add(
      "discover",
      createStreamingStep("discover", async function* ({ input }) {
        for await (const { path, pattern } of input) {
          for await (const file of files.scan({ cwd: path, pattern })) {
            yield { path: `${path}/${file}`, name: file };
          }
        }
      }),
    )
    .map(
      "readFiles",
      createStreamingStep("readFile", async function* ({ input }) {
        for await (const fileEntry of input) {
          try {
            const content = await files.readFile(fileEntry.path);
            yield { ...content, path: fileEntry.path };
          } catch (error) {
            console.warn(`Error reading ${fileEntry.path}:`, error);
          }
        }
      }),
      { parallel: true, concurrencyLimit: 10 },
    )
    .flatMap(
      "chunks",
      createStreamingStep("splitMarkdown", async function* ({ input }) {
        for await (const file of input) {
          const chunks = await splitMarkdown(file.content, file.path, { minChunkSize: 3 });

          for (const chunk of chunks) {
            yield chunk;
          }
        }
      }),
    )
    .batch("batches", 50)
    .map(
      "embeddings",
      createStreamingStep("generateEmbeddings", async function* ({ input }) {
        for await (const batch of input) {
          const contents = batch.map((chunk) => chunk.content);
          batchSizes.push(contents.length);
          const embeddings = await generateEmbeddings(contents);

          const results = batch.map((chunk, i) => ({
            id: chunk.id,
            content: chunk.content,
            metadata: chunk.metadata,
            embedding: embeddings[i]?.embedding || [],
          }));

          yield results;
        }
      }),
    )
    .flatMap(
      "embedded",
      createStreamingStep("unbatch", async function* ({ input }) {
        for await (const batch of input) {
          for (const item of batch) {
            yield item;
          }
        }
      }),
    );
}

/** "Streaming Pipeline Construction": every step made beforehand. */
export function createConstructedPipeline(
  files: FileSystem,
): StreamingPipeline<
  Query,
  Embedded,
  FileState<string> & { cleanFiles: FileContent; withEOT: Chunk }
> {
  const discoverFilesStreamingStep = createStreamingStep<Query, string>(
    "discoverFiles",
    async function* ({ input }) {
      for await (const { path, pattern } of input) {
        for await (const file of files.scan({ cwd: path, pattern })) yield `${path}/${file}`;
      }
    },
  );
  const readFileStreamingStep = createStreamingStep<string, FileContent>(
    "readFile",
    async function* ({ input }) {
      for await (const path of input) yield { ...(await files.readFile(path)), path };
    },
  );
  const cleanMarkdownStreamingStep = createStreamingStep<FileContent, FileContent>(
    "cleanMarkdown",
    async function* ({ input }) {
      for await (const file of input) {
        yield { ...file, content: file.content.replaceAll(/<[^>]*>/g, "") };
      }
    },
  );
  const splitMarkdownStreamingStep = createStreamingStep<FileContent, Chunk>(
    "splitMarkdown",
    async function* ({ input }) {
      for await (const { content, path } of input) {
        yield* await splitMarkdown(content, path, { minChunkSize: 3 });
      }
    },
  );
  const addEOTStreamingStep = createStreamingStep<Chunk, Chunk>(
    "addEOT",
    async function* ({ input }) {
      for await (const chunk of input) yield { ...chunk, content: `${chunk.content}<|eot|>` };
    },
  );
  const generateEmbeddingsStreamingStep = createStreamingStep<Chunk[], Embedded[]>(
    "generateEmbeddings",
    async function* ({ input }) {
      for await (const batch of input) {
        const embeddings = await generateEmbeddings(batch.map(({ content }) => content));
        yield batch.map((chunk, i) => ({ ...chunk, embedding: embeddings[i]?.embedding ?? [] }));
      }
    },
  );
  const unbatchStreamingStep = createStreamingStep<Embedded[], Embedded>(
    "unbatch",
    async function* ({ input }) {
      for await (const batch of input) yield* batch;
    },
  );

  return StreamingPipeline.start<{ path: string; pattern: string }>()
    // Discover files (returns generator of file entries)
    .add("discover", discoverFilesStreamingStep)
    // Read each file (streaming)
    .map("readFiles", readFileStreamingStep, {
      parallel: true,
      concurrencyLimit: 10,
    })
    // Clean markdown (streaming)
    .map("cleanFiles", cleanMarkdownStreamingStep, {
      parallel: true,
    })
    // Split into chunks (flatMap generates multiple outputs per input)
    .flatMap("chunks", splitMarkdownStreamingStep)
    // Add EOT tokens
    .map("withEOT", addEOTStreamingStep)
    // Batch for embeddings
    .batch("batches", 50)
    // Generate embeddings (batched)
    .map("embeddings", generateEmbeddingsStreamingStep)
    // Flatten batches
    .flatMap("embedded", unbatchStreamingStep);
}
