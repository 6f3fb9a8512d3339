// The page with the figures of the last long run: short lines, for a small screen.

import type { FuzzOutcome } from "./fuzz_run.ts";
import { describeKills } from "./kills_section.ts";
import { isWhole } from "./kills_run.ts";
import type { Killed } from "../tests/kills/request.ts";
import { toTable, toText } from "./tables.ts";
import { describeHeap, type Soaked } from "./soak_run.ts";

/** What the page is made of. */
export interface Reliability {
  /** Of the run: year, month and day. */
  readonly date: string;
  readonly seed: number;
  /** How much of the whole was done: 1 for all. */
  readonly share: number;
  /** How long it took. */
  readonly seconds: number;
  readonly runs: readonly (FuzzOutcome & { readonly name: string })[];
  readonly soaked: readonly Soaked[];
  readonly traced: Traced;
  readonly killed: readonly Killed[];
}

/** What came of pipelines whose source items are acknowledged. */
export interface Traced {
  readonly cases: number;
  /** How many acknowledged an item before its time, twice, or never. */
  readonly wrong: number;
}

/** The text of the page, in Markdown. */
export function describeReliability(
  { date, seed, share, seconds, runs, soaked, traced, killed }: Reliability,
): string {
  const what = share === 1 ? "The last long run" : `A trial, of ${share} of a long run`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  const failures = runs.filter(({ failure }) => failure !== undefined).length +
    soaked.filter(({ isFlat }) => !isFlat).length + traced.wrong +
    killed.filter((each) => !isWhole(each)).length;
  const operators = new Set(runs.flatMap(({ report }) => Object.keys(report.operators))).size;
  return `# Reliability

${what}: ${date}, seed ${seed}, ${minutes} min. ${
    failures === 0 ? "Nothing went wrong." : `${failures} went wrong.`
  }

## Random pipelines

${
    toTable(
      ["runtime", "cases", "wrong"],
      runs.map(({ name, report, failure }) => [
        name,
        toText(report.cases),
        failure === undefined ? "0" : "1",
      ]),
    )
  }

A run ends at the first case that goes wrong. _Wrong_ is a result that is not the model's, a run that hangs, a rejection that nothing handles, or
anything left over.

A case is a pipeline of random stages, ${operators} kinds of them, with everything around it: source,
failures, the order in which calls answer, reader and end. Groups and branches run pipelines that
never read, read late, end early or fail. In a fifth of the cases, one call, pull, clean-up or timer
fails or hangs beside. Time and waiting are fake, so that nothing depends on the machine, and a seed
gives the same cases everywhere. What must come out is worked out on plain arrays.

A part of the cases are pipelines of lists, on both kinds of pipelines and over the bridge.

## Acknowledgements

${
    toText(traced.cases)
  } random pipelines of the stages that the mode \`acks\` takes were run to their end, to a
failure, or until their reader stopped. In ${
    toText(traced.wrong)
  } of them a source item was acknowledged before
all that was made of it was out, twice, or, at the end, never; or a failure was attributed to
another item than the one that failed.

## Runs that last

${
    toTable(
      ["family", "count", "live heap"],
      soaked.map((part) => [
        part.name,
        toText(part.count),
        `${describeHeap(part)}${part.isFlat ? "" : " **grows**"}`,
      ]),
    )
  }

The count is of items, and in the last row of runs. Jobs commit each 500 items, at most 8 kB. The heap is that after a garbage collection, when
all is warm and at the end.

${describeKills({ date, seed, killed })}

## Every time

The suite runs some hundred random cases of each kind on every runtime, those that once failed, and
lets the n-th call, pull, clean-up and timer of every operator fail and hang, for n up to 8. It is
watched from another process: a loop that no timer inside can end is ended, and its test is named.

## Again

\`\`\`sh
deno task fuzz -- --cases 1000 --runtime node
deno task soak
deno task kills
deno task reliability
\`\`\`

The first stops at the first failure, and prints its seed and the smallest program that shows it.
\`kills\` writes its part of this page, and the last the whole of it.
`;
}
