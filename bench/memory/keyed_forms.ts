/**
 * The forms of the workload `keys`, for the runner that names them and the process that does them.
 *
 * @module
 */

import type { FormInfo } from "./workload.ts";

/** One operator over so many keys. */
export interface KeyedForm extends FormInfo {
  readonly operator: "map" | "groupBy" | "distinct" | "mapPartitioned";
  readonly keys: number;
  /** `turns`: an item of each key, over and over. `runs`: all items of a key before the next. */
  readonly order: "turns" | "runs";
  /** How many keys the operator holds at a time, where it has such a limit. */
  readonly keysAtOnce: number;
  /** Of `groupBy`: after how long a group is ended. */
  readonly idleMs?: number;
}

const MANY = 100_000;
const SOME = 1_000;
const IDLE_MS = 10;

const countOf = (keys: number): string =>
  `${keys.toLocaleString("en")} ${keys === 1 ? "key" : "keys"}`;

/** The operator with as many keys at once as there are. */
function inTurns(operator: KeyedForm["operator"], keys: number): KeyedForm {
  const name = operator === "map" ? "hand-written Map of counts" : operator;
  return {
    id: `${operator}-${keys}`,
    name: `${name}, ${countOf(keys)}`,
    operator,
    keys,
    order: "turns",
    keysAtOnce: keys,
  };
}

export const KEYED_FORMS: readonly KeyedForm[] = [
  inTurns("map", MANY),
  ...[1, SOME, MANY].map((keys) => inTurns("groupBy", keys)),
  {
    id: "groupBy-evict",
    name: `groupBy, ${countOf(MANY)} one after the other, ${SOME.toLocaleString("en")} at once`,
    operator: "groupBy",
    keys: MANY,
    order: "runs",
    keysAtOnce: SOME,
  },
  {
    id: "groupBy-idle",
    name: `groupBy, ${countOf(MANY)} one after the other, ended when idle for ${IDLE_MS} ms`,
    operator: "groupBy",
    keys: MANY,
    order: "runs",
    keysAtOnce: MANY,
    idleMs: IDLE_MS,
  },
  ...[1, SOME, MANY].map((keys) => inTurns("distinct", keys)),
  {
    id: "distinct-window",
    name: `distinct, ${countOf(MANY)}, the last ${SOME.toLocaleString("en")} remembered`,
    operator: "distinct",
    keys: MANY,
    order: "turns",
    keysAtOnce: SOME,
  },
  ...[1, SOME, MANY].map((keys) => inTurns("mapPartitioned", keys)),
];

/** What comes out: counts add up to the items, and `distinct` drops what it remembers. */
export function expectedOf(items: number, form: string): number {
  const { operator, keys, keysAtOnce } = KEYED_FORMS.find(({ id }) => id === form)!;
  return operator === "distinct" && keys <= keysAtOnce ? Math.min(items, keys) : items;
}
