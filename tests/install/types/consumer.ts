// A program that uses what the types promise, compiled against the tarball by each compiler, for
// each platform.

// deno-lint-ignore-file no-unused-vars -- it is compiled, never run

import {
  type AnyStreamingPipeline,
  createStep,
  createStreamingStep,
  merge,
  Pipeline,
  PipelineRegistry,
  pipelineToStreaming,
  type Step,
  type StepResult,
  StreamingError,
  StreamingPipeline,
  streamingToPipeline,
} from "@headrace/pipeline";
import { StreamingPipeline as CorePipeline } from "@headrace/pipeline/core";
import { batch, filter, map, pipe, through, windowTime } from "@headrace/pipeline/operators";
import { zip } from "@headrace/pipeline/sources";

/** Fails to compile unless both types are the same. */
type Same<TActual, TExpected> = (<T>() => T extends TActual ? 1 : 2) extends
  (<T>() => T extends TExpected ? 1 : 2) ? true : false;
const check = <T extends true>(): T | undefined => undefined;

type OutputOf<TPipeline> = TPipeline extends
  StreamingPipeline<infer _Input, infer TOutput, infer _State, infer _Context> ? TOutput : never;

// Inference along a chain.

interface Doc {
  readonly url: string;
  readonly size: number | undefined;
}

interface Services {
  readonly fetchPage: (url: string, signal: AbortSignal) => Promise<string>;
}

const documents = StreamingPipeline
  .start<Doc, Services>(() => ({ fetchPage: (url) => Promise.resolve(url) }))
  .filter("sized", (doc): doc is Doc & { readonly size: number } => doc.size !== undefined)
  .map("page", ({ url }, _index, { context, signal }) => context.fetchPage(url, signal), {
    concurrencyLimit: 4,
    retry: { maxAttempts: 3, backoffMs: 100 },
  })
  .flatMap("word", (page) => page.split(" "))
  .map("ranked", (word, index, { state }) => ({ word, index, of: state.accumulated.sized.size }))
  .batch("rows", { size: 50, maxWaitMs: 200 });
check<Same<OutputOf<typeof documents>, { word: string; index: number; of: number }[]>>();

// @ts-expect-error a key that is taken
documents.tap("rows", () => {});
// @ts-expect-error an option that does not exist
documents.map("other", (rows) => rows, { concurrency: 3 });

// Generic functions and guards, given as they are.

const pair = <T>(item: T): [T, T] => [item, item];
const isThere = <T>(item: T | undefined): item is T => item !== undefined;
const twice = async function* <T>({ input }: { readonly input: AsyncIterable<T> }) {
  for await (const item of input) yield* [item, item];
};
const generic = StreamingPipeline.start<number | undefined>()
  .filter("there", isThere)
  .map("pair", pair)
  .flatMap("item", pair)
  .branch("either", () => true, pair, pair)
  .add("twice", twice);
check<Same<OutputOf<typeof generic>, [[number, number], [number, number]]>>();

// A type guard, and both sides of it; a key that is a type parameter.

const sides = StreamingPipeline.start<string | number>()
  .branch("either", (item) => typeof item === "string", (text) => text.length, (size) => size)
  .partition(
    "apart",
    (size): size is 1 => size === 1,
    (ones) => ones.map("one", (one): 1 => one),
    (others) => others.map("other", (size) => `${size}`),
  )
  .takeWhile("ones", (item) => typeof item !== "string");
check<Same<OutputOf<typeof sides>, 1>>();
const keyed = <TKey extends string>(key: TKey) =>
  StreamingPipeline.start<string>().map("first", (text) => text).map(key, (text) => text.length);
check<Same<OutputOf<ReturnType<typeof keyed<"size">>>, number>>();

// Steps of both kinds, made inside a call and by hand.

const byHand: Step<string, number> = {
  name: "length",
  execute: ({ input }): Promise<StepResult<number>> =>
    Promise.resolve({
      success: true,
      data: input.length,
      metadata: { stepName: "length", startTime: 0, endTime: 0, durationMs: 0 },
    }),
};

const steps = StreamingPipeline.start<string>()
  .map("trimmed", createStep("trim", ({ input }) => input.trim()))
  .add(
    "upper",
    createStreamingStep("upper", async function* ({ input }) {
      for await (const text of input) yield text.toUpperCase();
    }),
  )
  .map("length", byHand);
check<Same<OutputOf<typeof steps>, number>>();

// Options that may be undefined, handed on.

declare const signal: AbortSignal | undefined;
declare const number: number | undefined;
declare const flag: boolean | undefined;

function handOn(): Promise<number[]> {
  return StreamingPipeline.start<number>(undefined, { metadata: { maxErrors: number } })
    .map("all", (item) => item, { parallel: flag, concurrencyLimit: number, timeoutMs: number })
    .window("pairs", { size: 2, slide: number, partial: flag })
    .flatten("flat")
    .executeToArray([1, 2], { signal, closeTimeoutMs: number });
}

// Web streams, both ways.

const text = StreamingPipeline.start<Uint8Array>()
  .through("text", () => new TextDecoderStream());
check<Same<OutputOf<typeof text>, string>>();

const packed = StreamingPipeline.start<Uint8Array>()
  .through("packed", () => new CompressionStream("gzip"))
  .through("unpacked", () => new DecompressionStream("gzip"));

const decoded = CorePipeline.start<Uint8Array>()
  .use("text", through(() => new TextDecoderStream()));

function decode(body: ReadableStream<Uint8Array>): ReadableStream<string> {
  return text.toReadableStream(body, { highWaterMark: number });
}

function upperCase(lines: ReadableStream<string>): ReadableStream<string> {
  const upper = StreamingPipeline.start<string>().map("upper", (line) => line.toUpperCase());
  return lines.pipeThrough(upper.toTransformStream());
}

// Helpers over any pipeline, keys that are known when the program runs, any types.

function logged<TInput, TOutput, TState, TContext>(
  pipeline: StreamingPipeline<TInput, TOutput, TState, TContext>,
) {
  return pipeline.tap("logged", () => {})
    .compose(StreamingPipeline.start<TOutput>().tap("composed", () => {}));
}
check<Same<OutputOf<ReturnType<typeof logged<string, number, { a: 1 }, unknown>>>, number>>();

function build(keys: readonly string[], any: AnyStreamingPipeline): AnyStreamingPipeline {
  let pipeline: StreamingPipeline<number, number, Record<string, unknown>> = StreamingPipeline
    .start();
  for (const key of keys) pipeline = pipeline.map(key, (item) => item + 1);
  return any.map("more", (item: number) => item).compose(pipeline);
}

// Operators as values on the small pipeline.

const cleaned = <T extends { text: string }>() =>
  pipe(
    map((doc: T) => ({ ...doc, text: doc.text.trim() })),
    filter((doc) => doc.text !== ""),
  );

const core = CorePipeline.start<{ text: string; at: number }>()
  .use("clean", cleaned())
  .use("window", windowTime({ sizeMs: 10, timestamp: (doc) => doc.at }))
  .use("pairs", batch(2))
  .map("count", (windows) => windows.reduce((sum, { items }) => sum + items.length, 0));

// Runs: results, errors, metadata; closed at the end of a block where the platform knows how.

async function consume(): Promise<string> {
  const run = documents.run([{ url: "a", size: 1 }], { signal });
  for await (const rows of run) {
    for (const { word } of rows) if (word === "") return word;
  }
  for await (const { item, error } of run.errors) {
    if (error instanceof StreamingError && error.retryable) return String(item);
  }
  const { steps: [first] } = run.metadata();
  await run[Symbol.asyncDispose]();
  return first?.stepName ?? "";
}

// Several sources; the batch pipeline, the bridge and the registry.

const merged: AsyncIterable<number | string> = merge([1], ["a"]);
const zipped: AsyncIterable<[number, string]> = zip([1], ["a"]);

const lists = Pipeline.start<string[]>()
  .map("lengths", (item) => item.length, { parallel: true, concurrencyLimit: number })
  .filter("long", (length) => length > 3)
  .batch("pairs", 2);

async function runBoth(): Promise<readonly number[] | undefined> {
  const result = await lists.execute(["mill"], { signal });
  const registry = new PipelineRegistry();
  registry.register("lists", lists, { description: undefined, tags: ["a"] });
  await streamingToPipeline(text).execute([]);
  await pipelineToStreaming(lists).executeToArray([["race"]]);
  return result.success ? result.data[0] : undefined;
}
