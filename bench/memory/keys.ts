/**
 * Numbers with 1, 1,000 and 100,000 different keys, through the operators that keep something for
 * each key.
 *
 * @module
 */

import { StreamingPipeline } from "@headrace/pipeline";
import { KEYED_FORMS, type KeyedForm } from "./keyed_forms.ts";
import type { MemoryProbe } from "./probe.ts";
import type { FormFunction, Forms } from "./workload.ts";

const LIMIT = 16;

function* numbers(count: number, probe: MemoryProbe): Generator<number, void, undefined> {
  for (let item = 0; item < count; item++) {
    probe.count();
    yield item;
  }
}

const add = (sum: number, item: number): number => sum + item;
const increment = (count: number): number => count + 1;

/** The key of an item; it tells the probe when it is called. */
function keyFunction(
  { keys, order }: KeyedForm,
  items: number,
  probe: MemoryProbe,
): (item: number) => number {
  const runLength = Math.max(1, Math.ceil(items / keys));
  return (item) => {
    probe.count();
    return order === "turns" ? item % keys : Math.floor(item / runLength);
  };
}

/** What a count per key takes by itself. */
const map = (form: KeyedForm): FormFunction => (items, probe) => {
  const keyOf = keyFunction(form, items, probe);
  const counts = new Map<number, number>();
  for (const item of numbers(items, probe)) {
    probe.count();
    const key = keyOf(item);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  probe.look();
  return [...counts.values()].reduce(add, 0);
};

/** Each group counts its items. */
const groupBy = (form: KeyedForm): FormFunction => (items, probe) => {
  const { keysAtOnce, idleMs } = form;
  const countItem = (count: number): number => {
    probe.count();
    return increment(count);
  };
  return StreamingPipeline.start<number>()
    .groupBy(
      "counts",
      keyFunction(form, items, probe),
      (group) => group.fold("count", countItem, 0),
      { maxKeys: keysAtOnce, whenFull: "evict", idleMs },
    )
    .executeReduce(numbers(items, probe), add, 0);
};

const distinct = (form: KeyedForm): FormFunction => (items, probe) =>
  StreamingPipeline.start<number>()
    .tap("before", () => probe.count())
    .distinct("new", { by: keyFunction(form, items, probe), window: form.keysAtOnce })
    .executeReduce(numbers(items, probe), increment, 0);

const mapPartitioned = (form: KeyedForm): FormFunction => (items, probe) =>
  StreamingPipeline.start<number>()
    .mapPartitioned("work", keyFunction(form, items, probe), (item) => {
      probe.count();
      return Promise.resolve(item);
    }, { concurrencyLimit: LIMIT })
    .executeReduce(numbers(items, probe), increment, 0);

const OPERATORS = { map, groupBy, distinct, mapPartitioned };

export const forms: Forms = Object.fromEntries(
  KEYED_FORMS.map((form) => [form.id, OPERATORS[form.operator](form)]),
);
