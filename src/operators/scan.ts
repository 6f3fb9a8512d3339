import { type FunctionContext, REPLACE, type Stage } from "../engine/stage.ts";
import { isPromiseLike } from "../internal/promises.ts";
import { requireFunction, requireKey } from "../internal/validation.ts";
import type { CallOptions } from "../options.ts";
import { resolveCallOptions } from "./_call_options.ts";

/** What the caller of `scan` gave. */
export interface ScanStageParts {
  readonly key: string;
  readonly reducer: unknown;
  readonly initial: unknown;
  readonly options: CallOptions | undefined;
}

type Reducer = (
  value: unknown,
  item: unknown,
  index: number,
  context: FunctionContext,
) => unknown;

/** The value that a reducer has made of the items so far, after each of them. */
export function createScanStage({ key, reducer, initial, options }: ScanStageParts): Stage {
  requireKey("scan", key);
  const subject = { operator: "scan", key };
  requireFunction(subject, "its reducer", reducer);
  const settings = resolveCallOptions(subject, options);
  return {
    kind: "item",
    key,
    name: key,
    operator: "scan",
    outcome: REPLACE,
    ...settings.stage,
    open({ guard }) {
      let value = initial;
      const keep = (answer: unknown) => value = answer;
      const reduce = guard(
        (item, index, context) => (reducer as Reducer)(value, item, index, context),
        { outcome: REPLACE, ...settings.guard },
      );
      return {
        call(item, index, context) {
          const answer = reduce(item, index, context);
          return isPromiseLike(answer) ? answer.then(keep) : keep(answer);
        },
      };
    },
  };
}
