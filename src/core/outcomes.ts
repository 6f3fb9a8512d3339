/**
 * What becomes of an item once its stage has answered.
 *
 * @module
 */

import type { Ending } from "./ending.ts";
import type { Conclusion } from "./lineage.ts";
import type { Op } from "./op.ts";
import type { OpenFeeds } from "./open_feeds.ts";
import { DECIDE, DROP, EXPAND, GATHER, KEEP, KEEP_IF, KEEP_WHILE, REPLACE } from "./stage.ts";
import { isPlainArray } from "./source_feed.ts";
import { openAnswer } from "./timed_feed.ts";

/** Does with the answers of a loop's stages what their outcomes say. */
export class Outcomes implements Conclusion {
  readonly #ops: readonly Op[];
  readonly #feeds: OpenFeeds;
  readonly #ending: Ending;

  constructor(ops: readonly Op[], feeds: OpenFeeds, ending: Ending) {
    this.#ops = ops;
    this.#feeds = feeds;
    this.#ending = ending;
  }

  /**
   * What replaces `item`, or `DROP`. `answer` is no promise; `startedAt` is absent
   * where the item is not timed.
   */
  apply(
    path: unknown[],
    position: number,
    item: unknown,
    answer: unknown,
    startedAt: number | undefined,
  ): unknown {
    const op = this.#ops[position]!;
    switch (op.stage.outcome) {
      case KEEP:
        return item;
      case KEEP_IF:
      case KEEP_WHILE:
      case DECIDE:
        if (op.decide === undefined ? answer : op.decide(answer)) return item;
        if (op.stage.outcome === KEEP_WHILE) this.#ending.endHere(position);
        op.run.dropped++;
        if (startedAt !== undefined) op.owe();
        return DROP;
      case EXPAND: {
        if (startedAt === undefined && isPlainArray(answer) && answer.length === 0) return DROP;
        const feed = openAnswer(op, answer, { startedAt, sampler: this.#feeds.top?.sampler });
        this.#feeds.push(op, feed, position, item);
        return DROP;
      }
      case GATHER:
        if (answer === DROP) {
          op.keepPath(path);
          if (startedAt !== undefined) op.owe();
          return DROP;
        }
      // falls through
      case REPLACE:
        return path[op.slot] = answer;
    }
  }
}
