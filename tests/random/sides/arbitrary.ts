// How fast-check makes pipelines of lists.

import fc from "fast-check";
import { listPrograms } from "../arbitrary.ts";
import { type FailureSpec, FOR_GOOD, type Program, type StageSpec } from "../program.ts";
import { BATCH_OPERATORS } from "./batch_operators.ts";

/** Any of their stages may fail. */
export const LIST_PROGRAMS: fc.Arbitrary<Program> = listPrograms(Object.keys(BATCH_OPERATORS))
  .map((program) => ({ ...program, stages: program.stages.map(fit) }));

/**
 * As {@linkcode LIST_PROGRAMS}, but the work of one stage at most fails for good: that of the others
 * is tried often enough.
 */
export const ONE_FAILING_PROGRAMS: fc.Arbitrary<Program> = fc.tuple(LIST_PROGRAMS, fc.nat(5))
  .map(([program, at]) => {
    const failing = program.stages.filter(({ failure }) => failure !== undefined);
    const one = failing[at % failing.length];
    const mend = ({ maxAttempts = 1 }: StageSpec, failure: FailureSpec) => {
      return maxAttempts === 1 ? undefined : { ...failure, passes: true, times: maxAttempts - 1 };
    };
    return {
      ...program,
      stages: program.stages.map((spec) => {
        const { failure } = spec;
        if (failure === undefined) return spec;
        return {
          ...spec,
          failure: spec === one ? { ...failure, times: FOR_GOOD } : mend(spec, failure),
        };
      }),
    };
  });

/** `add` of a batch pipeline takes no options, and no list has `SPLIT_ERRORS`. */
function fit(spec: StageSpec): StageSpec {
  const { strategy, timeoutMs: _, ...rest } = spec;
  const isStep = spec.op === "step" || spec.op === "step that expands";
  if (isStep || strategy === undefined) return rest;
  return { ...rest, strategy: strategy === "SPLIT_ERRORS" ? "SKIP_FAILED" : strategy };
}
