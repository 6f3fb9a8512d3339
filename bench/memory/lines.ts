/**
 * A kilobyte of text per item, through map, filter, batch and flatten into a count, in several
 * forms.
 *
 * @module
 */

import { Pipeline, StreamingPipeline } from "@headrace/pipeline";
import type { MemoryProbe } from "./probe.ts";
import type { FormFunction, Forms } from "./workload.ts";

const LINE_BYTES = 1000;
const DIGITS = 10;
const BATCH_SIZE = 50;
const LIMIT = 16;

/** What a run of a form has to go through: each tells the probe when it is called. */
interface Work {
  readonly source: () => Generator<string, void, undefined>;
  readonly upperCase: (line: string) => string;
  readonly isKept: (line: string) => boolean;
}

/**
 * Lines that are strings of their own: decoded from bytes, as those of a file are. Strings that
 * are put together with `+` or `repeat` would share their text.
 */
function* lines(count: number, probe: MemoryProbe): Generator<string, void, undefined> {
  const bytes = new TextEncoder().encode("a line of text, ".repeat(LINE_BYTES)).slice(
    0,
    LINE_BYTES,
  );
  const decoder = new TextDecoder();
  for (let index = 0; index < count; index++) {
    const number = String(index).padStart(DIGITS, "0");
    for (let digit = 0; digit < DIGITS; digit++) bytes[digit] = number.charCodeAt(digit);
    probe.count();
    yield decoder.decode(bytes);
  }
}

function workOf(items: number, probe: MemoryProbe): Work {
  return {
    source: () => lines(items, probe),
    upperCase: (line) => {
      probe.count();
      return line.toUpperCase();
    },
    isKept: (line) => {
      probe.count();
      return line[DIGITS - 1] !== "0";
    },
  };
}

const increment = (count: number): number => count + 1;

/** The least that any form can do: what its heap shows is the garbage of the lines. */
const loop: FormFunction = (items, probe) => {
  const { source, upperCase, isKept } = workOf(items, probe);
  let count = 0;
  let batch: string[] = [];
  for (const line of source()) {
    const upper = upperCase(line);
    if (!isKept(upper)) continue;
    batch.push(upper);
    if (batch.length < BATCH_SIZE) continue;
    count += batch.length;
    batch = [];
  }
  return count + batch.length;
};

/** One array per stage. */
const arrays: FormFunction = (items, probe) => {
  const { source, upperCase, isKept } = workOf(items, probe);
  const look = <TItem>(array: TItem[]): TItem[] => {
    probe.look();
    return array;
  };
  const all = look(Array.from(source()));
  const upper = look(all.map(upperCase));
  const kept = look(upper.filter(isKept));
  const batches = look(Array.from(
    { length: Math.ceil(kept.length / BATCH_SIZE) },
    (_, index) => kept.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE),
  ));
  return look(batches.flat()).length;
};

const batch: FormFunction = async (items, probe) => {
  const { source, upperCase, isKept } = workOf(items, probe);
  const result = await Pipeline.start<string[]>()
    .map("upper", upperCase)
    .filter("kept", isKept)
    .batch("batches", BATCH_SIZE)
    .flatten("lines")
    .execute(Array.from(source()));
  if (!result.success) throw new Error(`Cannot run the batch form: ${result.error.message}`);
  // What the result holds is still alive here.
  probe.look();
  return result.data.length;
};

const streaming: FormFunction = (items, probe) => {
  const { source, upperCase, isKept } = workOf(items, probe);
  return StreamingPipeline.start<string>()
    .map("upper", upperCase)
    .filter("kept", isKept)
    .batch("batches", BATCH_SIZE)
    .flatten("lines")
    .executeReduce(source(), increment, 0);
};

const parallel: FormFunction = (items, probe) => {
  const { source, upperCase, isKept } = workOf(items, probe);
  return StreamingPipeline.start<string>()
    .map("upper", (line) => Promise.resolve(upperCase(line)), {
      parallel: true,
      concurrencyLimit: LIMIT,
    })
    .filter("kept", isKept)
    .batch("batches", BATCH_SIZE)
    .flatten("lines")
    .executeReduce(source(), increment, 0);
};

export const forms: Forms = { arrays, batch, streaming, parallel, loop };
