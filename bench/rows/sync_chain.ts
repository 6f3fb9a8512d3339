/**
 * The chain that several rows run: three maps and one filter, all synchronous, once for each
 * contender.
 *
 * @module
 */

import { type StartOptions, StreamingPipeline } from "@headrace/pipeline";
import { Stream } from "effect";
import type { Readable } from "node:stream";
import { filter as filterRx, map as mapRx, type Observable } from "rxjs";
import { filter, map, pipeline } from "streaming-iterables";
import { filterItems, mapItems } from "../baselines/async_generators.ts";
import { effectSource } from "../baselines/effect_stream.ts";
import { filterStream, mapStreamSync } from "../baselines/transform_streams.ts";
import { decrement, increment, isEven, triple } from "../lib/work.ts";

type Source = Iterable<number> | AsyncIterable<number>;

/** The ends of the pipeline that rows use. */
interface NumberPipeline {
  execute(source: Source): AsyncIterable<number>;
  executeReduce(
    source: Source,
    reducer: (result: number, item: number) => number,
    initial: number,
  ): Promise<number>;
}

export function buildHeadraceChain(options?: StartOptions): NumberPipeline {
  return StreamingPipeline.start<number>(undefined, options)
    .map("increment", increment)
    .map("triple", triple)
    .map("decrement", decrement)
    .filter("even", isEven);
}

export const headraceChain: NumberPipeline = buildHeadraceChain();

export function effectChain(source: Iterable<number>): Stream.Stream<number> {
  return effectStages(effectSource(source));
}

export function effectStages<TError>(
  source: Stream.Stream<number, TError>,
): Stream.Stream<number, TError> {
  return source.pipe(
    Stream.map(increment),
    Stream.map(triple),
    Stream.map(decrement),
    Stream.filter(isEven),
  );
}

export function rxjsChain(source: Observable<number>): Observable<number> {
  return source.pipe(mapRx(increment), mapRx(triple), mapRx(decrement), filterRx(isEven));
}

export function streamingIterablesChain(source: Source): AsyncIterable<number> {
  return pipeline(
    () => source,
    map(increment),
    map(triple),
    map(decrement),
    filter(isEven),
  );
}

export async function* fusedGenerator(
  source: Iterable<number>,
): AsyncGenerator<number, void, undefined> {
  for (const item of source) {
    const result = decrement(triple(increment(item)));
    if (isEven(result)) yield result;
  }
}

export function asyncGeneratorChain(
  source: Source,
): AsyncGenerator<number, void, undefined> {
  return filterItems(
    mapItems(mapItems(mapItems(source, increment), triple), decrement),
    isEven,
  );
}

/** What the language has itself. */
export function nativeChain(source: Iterator<number>): IteratorObject<number> {
  return Iterator.from(source).map(increment).map(triple).map(decrement).filter(isEven);
}

export function transformStreamChain(source: Iterable<number>): ReadableStream<number> {
  return throughTransforms(ReadableStream.from(source));
}

export function throughTransforms(source: ReadableStream<number>): ReadableStream<number> {
  return source
    .pipeThrough(mapStreamSync(increment))
    .pipeThrough(mapStreamSync(triple))
    .pipeThrough(mapStreamSync(decrement))
    .pipeThrough(filterStream(isEven));
}

export function nodeChain(source: Readable): Readable {
  return source.map(increment).map(triple).map(decrement).filter(isEven);
}
