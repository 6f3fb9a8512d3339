/**
 * The join that holds one side in memory.
 *
 * @module
 */

import type { Reading } from "./_iterator.ts";
import type { KeyedReader } from "./_keyed_reader.ts";
import { END, WAIT } from "../internal/pull.ts";
import { JoinLimitError } from "./join_errors.ts";

interface Group {
  readonly items: unknown[];
  isMatched: boolean;
}

type Groups = Map<unknown, Group>;
type Row = readonly [unknown, unknown];

/** What {@linkcode readHashJoin} needs. */
export interface HashJoinParts {
  /** The side that is held in memory, and the one that passes. */
  readonly held: KeyedReader;
  readonly passing: KeyedReader;
  /** Whether left items without a match come out. */
  readonly keepsLeft: boolean;
  readonly maxItems: number;
}

/** Reads one side to its end, then pairs each item of the other with what it matches. */
export function* readHashJoin(parts: HashJoinParts): Reading<Row> {
  const { held, passing, keepsLeft } = parts;
  const isLeftHeld = held.side === "left";
  const groups: Groups = new Map();
  yield* readGroups(parts, groups);
  for (let item = passing.next(); item !== END; item = passing.next()) {
    if (item === WAIT) {
      yield WAIT;
      continue;
    }
    const group = groups.get(passing.key);
    if (group !== undefined) {
      group.isMatched = true;
      for (const match of group.items) yield isLeftHeld ? [match, item] : [item, match];
    } else if (keepsLeft && !isLeftHeld) yield [item, undefined];
  }
  if (!keepsLeft || !isLeftHeld) return;
  for (const { items, isMatched } of groups.values()) {
    if (!isMatched) { for (const item of items) yield [item, undefined]; }
  }
}

function* readGroups({ held, maxItems }: HashJoinParts, groups: Groups): Reading<never> {
  for (let item = held.next(); item !== END; item = held.next()) {
    if (item === WAIT) {
      yield WAIT;
      continue;
    }
    if (held.count > maxItems) {
      throw new JoinLimitError(held.side, maxItems, `the items on the ${held.side}`);
    }
    const group = groups.get(held.key);
    if (group === undefined) groups.set(held.key, { items: [item], isMatched: false });
    else group.items.push(item);
  }
}
