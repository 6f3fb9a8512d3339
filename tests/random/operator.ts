// What a row of the table of operators says: how the stage is built, and what comes out of it.

import type * as operators from "../../src/operators/mod.ts";
import type { Stage } from "./chain.ts";

/** The builder with its types removed: a random chain has none. */
export type Loose = {
  readonly [name in MethodName]: (key: string, ...rest: readonly unknown[]) => Loose;
};

type MethodName = Exclude<keyof typeof operators, "pipe">;

/** What a stage makes of its items, one after the other, without any notion of time. */
export interface Model {
  /** Whether it takes no more. */
  readonly isFull?: () => boolean;
  /** Whether the stage's function is called for the next item; it is by default. */
  readonly calls?: () => boolean;
  readonly feed: (item: unknown) => readonly unknown[];
  /** What comes out when no more items come. */
  readonly end?: (why: EndReason) => readonly unknown[];
}

/** There are no more items, what is before the stage has failed, or its own function has. */
export type EndReason = "no more" | "failure before" | "own failure";

/** What went by before a stage and after it. */
export interface Passage {
  readonly stage: Stage;
  readonly input: readonly unknown[];
  /** When each of them went by. */
  readonly inputMs: readonly number[];
  readonly output: readonly unknown[];
  /** Whether the output was read to its end. */
  readonly isComplete: boolean;
  /** Whether what is before the stage has failed. */
  readonly isCutShort: boolean;
}

/** Which fields of a spec an operator cares for. */
export interface Traits {
  /** It calls the stage's function for its items. */
  readonly calls?: true;
  /** Its function may answer later. */
  readonly isAsync?: true;
  /** It takes `errorStrategy`. */
  readonly strategies?: true;
  /** It takes `retry`. */
  readonly retries?: true;
  /** It takes `timeoutMs`. */
  readonly timeouts?: true;
  /** It can work side by side, or always does. */
  readonly parallel?: true | "always";
  /** It reads another source. */
  readonly other?: true;
  /** How many pipelines it runs. */
  readonly inner?: number;
  /** What comes out: the items as they are, or arrays of them; something else where it is absent. */
  readonly makes?: "same" | "arrays";
}

/** One operator. */
export interface Operator {
  readonly name: string;
  readonly traits: Traits;
  /** Adds the stage; the last one that it adds has the key of the spec. */
  readonly build: (pipeline: Loose, stage: Stage) => Loose;
  /** Absent where what comes out is no function of the items alone. */
  readonly model?: (stage: Stage) => Model;
  /** Whether it adds a stage in front of its own. */
  readonly isTwoStages?: true;
  /** Whether its result depends on the order in which items come, or on the time. */
  readonly isExact?: false;
  /** Whether what it makes of an item does not depend on other items. */
  readonly isItemwise?: true;
  /** Whether the order in which its function answers changes more than the order of its items. */
  readonly isOrderSensitive?: true;
  /**
   * Checks what came out where `model` does not say it; returns what is wrong. Without both, nothing
   * is known.
   */
  readonly check?: (passage: Passage) => string | undefined;
  /** Whether it may end its stream before its input has ended, other than by what `model` says. */
  readonly endsEarly?: (passage: Passage) => boolean;
}
