/** What the metadata costs short asynchronous runs, of which timing sees most. @module */

import { StreamingPipeline } from "@headrace/pipeline";
import { type Contender, type Group, HEADRACE, type Row } from "../lib/row.ts";
import { expectedOfRuns, runAtOnce, runInTurn } from "../lib/runs.ts";
import { limitCost } from "../lib/target.ts";
import { checksum, incrementAfterTurn } from "../lib/work.ts";

const DEFAULT = `${HEADRACE}, timing (default)`;
const OFF = `${HEADRACE}, off`;

const withDefault = StreamingPipeline.start<number>().map("increment", incrementAfterTurn);
const withNone = StreamingPipeline.start<number>(undefined, { metadata: { verbosity: "off" } })
  .map("increment", incrementAfterTurn);

function groupOf(name: string, runAll: typeof runAtOnce): Group {
  const contenderOf = (name: string, pipeline: typeof withDefault): Contender => ({
    name,
    kind: "ours",
    run: (items) => runAll(items, (source) => pipeline.executeReduce(source, checksum, 0)),
  });
  return {
    name,
    baseline: OFF,
    expected: expectedOfRuns,
    contenders: [contenderOf(OFF, withNone), contenderOf(DEFAULT, withDefault)],
  };
}

const GROUPS = [groupOf("one after the other", runInTurn), groupOf("at once", runAtOnce)];

export const metadataShort: Row = {
  id: "metadata-short",
  title: "1,000 runs over 100 items each, one asynchronous map, by verbosity of the metadata",
  items: 100_000,
  denoBenchItems: 10_000,
  groups: GROUPS,
  targets: GROUPS.map(({ name }) =>
    limitCost({ group: name, of: DEFAULT, over: OFF, atMost: 1.1 })
  ),
};
